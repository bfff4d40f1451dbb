// SPDX-License-Identifier: MIT
//
// A writer is stopped, and killed, at every store of an update of each kind: readers have an answer each time, and the
// next writer takes the file up.
#include "tests/kill_testing.h"

namespace {

using namespace mms_testing;

class Kill : public KillTest, public ::testing::WithParamInterface<std::tuple<Update, Form>> {};

TEST_P(Kill, AtEveryStore)
{
    const auto [update, form] = GetParam();
    const Scene scene = {
        update.label,
        nullptr,
        [](Program &program) {
            for (unsigned n = 1; n <= 3; n++)
                program.publish(n);
            program.open();
        },
        [publish = update.publish](Program &program) { publish(program.all, 4); },
        0,
        true,
        update.label == std::string("bytes"),
    };
    Stage stage(scene, form);
    stage.play();
    const Shown *old = stage.before[MMS_READ_LIVE].find(update.label);
    const Shown *now = stage.after[MMS_READ_LIVE].find(update.label);
    ASSERT_TRUE(old && now);
    EXPECT_NE(old->items, now->items);
    EXPECT_EQ(stage.taken_before[MMS_READ_LIVE].find("counter")->items[0], std::to_string((1 + 2 + 3 + 20) * kBytes));
    if (update.exact & form) {
        EXPECT_EQ(old->status, MMS_EXACT);
    }
}

std::vector<std::tuple<Update, Form>> cases()
{
    std::vector<std::tuple<Update, Form>> all;
    for (Form form : {kV2, kV1, kV1Sequence, kPacked})
        for (const Update &update : updates)
            if (update.forms & form)
                all.emplace_back(update, form);
    return all;
}

INSTANTIATE_TEST_SUITE_P(Updates, Kill, ::testing::ValuesIn(cases()), [](const auto &test) {
    return name_of(std::get<1>(test.param)) + "_" + std::get<0>(test.param).label;
});

} // namespace
