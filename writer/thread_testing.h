// SPDX-License-Identifier: MIT
//
// thread_testing.h - what the tests of threads share: a model.
#ifndef MMSTATS_WRITER_THREAD_TESTING_H
#define MMSTATS_WRITER_THREAD_TESTING_H

#include <iterator>

#include "writer/testing.h"

namespace mms_testing {

struct Web {
    mms_counter hits;
    mms_u64 depth;
    mms_string state;
    mms_average mean;
    mms_moving moving;
    mms_timer took;
    mms_bool busy;
    mms_i8 level;
};
const mms_field web_fields[] = {
    MMS_COUNTER(Web, hits, "hits"),      MMS_U64(Web, depth, "depth"), MMS_STRING(Web, state, 20, "state"),
    MMS_AVERAGE(Web, mean, "mean"),      MMS_MOVING(Web, moving, 5, "moving"),
    MMS_TIMER(Web, took, "took"),        MMS_BOOL(Web, busy, "busy"),  MMS_I8(Web, level, "level"),
};

// A model of one's own for each test: models live as long as the process.
struct Model {
    Model(const Directory &directory, const char *name = "web") : options(Options(directory))
    {
        model = {name, web_fields, std::size(web_fields), sizeof(Web), &spare, nullptr, nullptr, false};
        model.options = &options;
    }
    Web *get() { return static_cast<Web *>(mms_get(&model)); }
    std::string path()
    {
        const char *path = mms_writer_path(mms_model_writer(&model));
        return path ? path : "";
    }
    mms_options options;
    Web spare = {};
    mms_model model;
};
inline Model &make_model(const Directory &directory, const char *name = "web")
{
    return *new Model(directory, name); // never freed, as a static one
}

} // namespace mms_testing

#endif
