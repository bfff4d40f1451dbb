// SPDX-License-Identifier: MIT
//
// kill_testing.h - a writer that is stopped, and killed, at every store that it makes.
//
// A scene is a piece of work of a writer. It is played once to its end, for what readers see before and after it; once
// one instruction at a time, with a look at the file after each that changed anything; and once for each of these, with
// a kill -9 there, a look at what is left, and another writer that takes the file up.
#ifndef MMSTATS_TESTS_KILL_TESTING_H
#define MMSTATS_TESTS_KILL_TESTING_H

#include <string>
#include <unordered_map>
#include <vector>

#include "tests/picture.h"
#include "tests/stepped.h"
#include "tests/updates.h"
#include "tests/watched.h"
#include "writer/testing.h"

namespace mms_testing {

// A writer with a field of every kind.
struct Program {
    Program(Form form, const Directory &directory, unsigned flags = 0) : options(Options(directory, "x.mmstats"))
    {
        options.output = form == kV2 ? MMS_OUTPUT_V2 : form == kPacked ? MMS_OUTPUT_V1_PACKED : MMS_OUTPUT_V1;
        options.flags = MMS_KEEP | flags | (form == kV1Sequence ? unsigned(MMS_SEQUENCE) : 0);
        writer = New(options);
        EXPECT_EQ(mms_writer_add_table(writer.get(), fields, std::size(fields), &all), form == kV2 ? 0 : -ENOTSUP);
    }
    void publish(unsigned n)
    {
        for (const Update &update : updates)
            update.publish(all, n);
    }
    void open() { EXPECT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get()); }

    mms_options options;
    Writer writer;
    All all = {};
};

inline std::string name_of(Form form)
{
    return form == kV2 ? "V2" : form == kV1 ? "V1" : form == kV1Sequence ? "V1Sequence" : "V1Packed";
}

struct Scene {
    std::string name;
    std::function<void(Program &)> past;    // of a writer that dies before; none: there was none
    std::function<void(Program &)> prepare; // at full speed
    std::function<void(Program &)> work;    // one instruction at a time
    unsigned flags = 0;                     // of the writer, on top of MMS_KEEP
    bool at_once = true;                    // readers see all records that it makes or none
    bool in_transaction = false;            // there are moments without a snapshot
};

inline void PrintTo(const Scene &scene, std::ostream *out)
{
    *out << scene.name;
}

class Stage {
public:
    Stage(const Scene &scene, Form form) : scene_(scene), form_(form) {}

    void play()
    {
        look_at_both_ends();
        if (::testing::Test::HasFailure())
            return;
        for (const Place &place : walk())
            if (!::testing::Test::HasFailure())
                kill_at(place);
    }

    // What readers see: before and after the work, and when the next writer has then taken the file up. [mode]
    Picture before[2], after[2], taken_before[2], taken_after[2];

private:
    static constexpr enum mms_reader_mode kModes[] = {MMS_READ_LIVE, MMS_READ_COPY};

    // An empty directory, but for what was left in it.
    std::unique_ptr<Directory> begin() const
    {
        auto directory = std::make_unique<Directory>();
        if (scene_.past) {
            Stepped dead([&] {
                Program program(form_, *directory);
                scene_.past(program);
                Stepped::pause();
            });
            dead.kill();
        }
        return directory;
    }

    std::unique_ptr<Stepped> start(const Directory &directory) const
    {
        return std::make_unique<Stepped>([&] {
            Program program(form_, directory, scene_.flags);
            scene_.prepare(program);
            void *volatile room = malloc(100000); // so that the work makes the same syscalls each time
            free(room);
            Stepped::pause();
            scene_.work(program);
            Stepped::pause();
        });
    }

    // The next writer, which takes the file up if it can: after it did, and after it has published more.
    void look_again(const Directory &directory, Picture taken[2], Picture published[2]) const
    {
        Stepped next([&] {
            Program program(form_, directory, MMS_RESUME);
            program.publish(20);
            program.open();
            Stepped::pause();
            program.publish(21);
            program.publish(22);
            Stepped::pause();
        });
        for (enum mms_reader_mode mode : kModes)
            taken[mode] = picture_of(directory / "x.mmstats", mode);
        next.run();
        for (enum mms_reader_mode mode : kModes)
            published[mode] = picture_of(directory / "x.mmstats", mode);
    }

    void look_at_both_ends()
    {
        auto directory = begin();
        auto child = start(*directory);
        there_before_ = Exists(*directory / "x.mmstats");
        for (enum mms_reader_mode mode : kModes)
            before[mode] = picture_of(*directory / "x.mmstats", mode);
        child->kill();
        look_again(*directory, taken_before, published_before_);

        directory = begin();
        child = start(*directory);
        child->run();
        there_after_ = Exists(*directory / "x.mmstats");
        for (enum mms_reader_mode mode : kModes)
            after[mode] = picture_of(*directory / "x.mmstats", mode);
        child->kill();
        look_again(*directory, taken_after, published_after_);
        for (const Picture &picture : taken_before)
            EXPECT_EQ(picture.snapshot, form_ == kPacked ? 0 : 1);
    }

    // Where a child stands: after so many syscalls, and then behind so many stores into the file; the last of these was
    // made by this instruction, in its n-th turn.
    struct Place {
        size_t syscalls, stores;
        uintptr_t instruction;
        size_t nth;
        std::string what; // for a person
    };

    // All places where something may have changed: after each syscall, and after each store into the file.
    std::vector<Place> walk() const
    {
        auto directory = begin();
        auto child = start(*directory);
        Watched watched(*directory);
        std::string error;
        Reader kept[2];
        for (enum mms_reader_mode mode : kModes)
            if (there_before_)
                kept[mode] = open_reader(*directory / "x.mmstats", mode, &error);
        EXPECT_EQ(error, "");

        std::vector<Place> places;
        size_t syscalls = 0, since = 0, stores = 0;
        std::unordered_map<uintptr_t, size_t> times; // since that syscall
        bool can_store = child->maps(directory->path());
        while ((can_store ? child->step() : child->step_syscall()) && !::testing::Test::HasFailure()) {
            const size_t nth = ++times[child->instruction()];
            const bool changed = watched.changed(child->made_syscall());
            if (child->made_syscall()) {
                places.push_back({++syscalls, 0, 0, 0, "syscall " + std::to_string(syscalls) + ", " + watched.what()});
                const bool could_store = can_store;
                can_store = child->maps(directory->path());
                if (can_store && !could_store) {
                    since = syscalls, stores = 0;
                    times.clear();
                }
            } else if (changed) {
                stores++;
                places.push_back({since, stores, child->instruction(), nth,
                                  "store " + std::to_string(stores) + ", into " + watched.what()});
            } else {
                continue;
            }
            SCOPED_TRACE(scene_.name + " stands at " + places.back().what);
            look(*directory, MMS_LIVE);
            for (enum mms_reader_mode mode : kModes)
                if (kept[mode] && mms_reader_refresh(kept[mode].get(), nullptr) >= 0)
                    expect_good(picture_of(kept[mode].get()), mode);
        }
        EXPECT_FALSE(places.empty()) << "nothing changed";
        return places;
    }

    // False: this time another instruction made that store. How memcpy copies depends on both addresses.
    static bool hurry_to(const Place &place, Stepped &child)
    {
        for (size_t i = 0; i < place.syscalls; i++)
            EXPECT_TRUE(child.step_syscall());
        for (size_t i = 0; i < place.nth; i++)
            if (!child.step_at(place.instruction))
                return false;
        return true;
    }

    static void walk_to(const Place &place, Stepped &child, const Directory &directory)
    {
        for (size_t i = 0; i < place.syscalls; i++)
            EXPECT_TRUE(child.step_syscall());
        Watched watched(directory);
        for (size_t stores = 0; stores < place.stores && child.step();)
            stores += watched.changed(child.made_syscall());
    }

    void kill_at(const Place &place) const
    {
        SCOPED_TRACE(scene_.name + " killed at " + place.what);
        auto directory = begin();
        auto child = start(*directory);
        if (!hurry_to(place, *child)) {
            child->kill();
            directory = begin();
            child = start(*directory);
            walk_to(place, *child, *directory);
        }
        child->kill();
        look(*directory, MMS_DEAD);

        Picture taken[2], published[2];
        look_again(*directory, taken, published);
        for (enum mms_reader_mode mode : kModes) {
            expect_between(taken[mode], taken_before[mode], taken_after[mode], "taken up", true);
            EXPECT_EQ(taken[mode].snapshot, taken_before[mode].snapshot);
            expect_between(published[mode], published_before_[mode], published_after_[mode], "published more", true);
        }
    }

    // What a reader finds that looks for files.
    void look(const Directory &directory, enum mms_liveness liveness) const
    {
        mms_set *set = nullptr;
        EXPECT_EQ(mms_set_open((directory / "*.mmstats").c_str(), nullptr, &set), 0);
        const size_t count = mms_set_count(set);
        EXPECT_LE(count, 1u);
        EXPECT_TRUE(count == 1 || !there_before_ || !there_after_) << "the file is not there";
        if (count == 1) {
            EXPECT_EQ(mms_set_error(set, 0, nullptr), 0);
            EXPECT_EQ(mms_set_path(set, 0), directory / "x.mmstats");
            if (mms_set_reader(set, 0) && !scene_.past) {
                EXPECT_EQ(mms_reader_liveness(mms_set_reader(set, 0)), liveness);
            }
            for (enum mms_reader_mode mode : kModes)
                expect_good(picture_of(directory / "x.mmstats", mode), mode);
        }
        mms_set_close(set);
        expect_no_litter(directory);
    }

    // Beside the file there is at most the one that is being made, which no reader looks for; a kill leaves it there.
    void expect_no_litter(const Directory &directory) const
    {
        size_t drafts = 0;
        for (const std::string &name : directory.List())
            if (name != "x.mmstats") {
                EXPECT_TRUE(name.rfind(".x.mmstats.", 0) == 0 && name.substr(name.size() - 4) == ".tmp") << name;
                drafts++;
            }
        EXPECT_LE(drafts, there_before_ && !scene_.past ? 0u : 1u);
    }

    void expect_good(const Picture &picture, enum mms_reader_mode mode) const
    {
        const Picture &old = there_before_ ? before[mode] : after[mode];
        const Picture &now = there_after_ ? after[mode] : before[mode];
        expect_between(picture, old, now, mode == MMS_READ_LIVE ? "live" : "copy");
        if (picture.snapshot == 1)
            EXPECT_TRUE(is_all_of(picture, old, promise_of) || is_all_of(picture, now, promise_of))
                << "a snapshot of two moments";
        else
            EXPECT_EQ(picture.snapshot, scene_.in_transaction && picture.snapshot != 0 ? -EBUSY : 0);
    }

    void expect_between(const Picture &picture, const Picture &old, const Picture &now, const char *when,
                        bool mended = false) const
    {
        SCOPED_TRACE(when);
        EXPECT_EQ(picture.error, "");
        EXPECT_TRUE(has_labels_between(picture, old, now, scene_.at_once || form_ == kV2)) << "other fields";
        for (const Shown &field : picture.fields) {
            const Shown *then = old.find(field.label), *later = now.find(field.label);
            if (then || later) {
                EXPECT_EQ(wrong_with(field, then, later, promise_of(field.label), mended), "") << field.label;
            }
        }
    }

    const Scene &scene_;
    Form form_;
    bool there_before_ = false, there_after_ = false;
    Picture published_before_[2], published_after_[2];
};

class KillTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        if (!Stepped::is_possible())
            GTEST_SKIP() << "ptrace is not allowed here";
    }
};

} // namespace mms_testing

#endif
