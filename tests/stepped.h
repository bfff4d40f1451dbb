// SPDX-License-Identifier: MIT
//
// stepped.h - a child process that goes one instruction at a time, so that one can look at its file between any two of
// its stores, and kill it there. x86-64.
#ifndef MMSTATS_TESTS_STEPPED_H
#define MMSTATS_TESTS_STEPPED_H

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

namespace mms_testing {

class Stepped {
public:
    // Not everywhere: some containers forbid ptrace.
    static bool is_possible()
    {
        pid_t pid = fork();
        if (pid == 0)
            _exit(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0);
        int status = 1;
        return waitpid(pid, &status, 0) == pid && status == 0;
    }

    // Runs body in a child, to its first pause.
    explicit Stepped(const std::function<void()> &body)
    {
        fflush(nullptr);
        pid_ = fork();
        if (pid_ == 0) {
            if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0)
                body();
            fflush(nullptr);
            _exit(1);
        }
        at_pause_ = wait() == SIGSTOP;
        EXPECT_TRUE(at_pause_) << "it ended before its first pause";
        if (at_pause_)
            ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
    }
    ~Stepped() { kill(); }
    Stepped(const Stepped &) = delete;

    // In the body, which the parent ends at a pause: nothing behind the last one is reached.
    static void pause() { syscall(SYS_kill, getpid(), SIGSTOP); }

    // One instruction; false at the next pause.
    bool step()
    {
        instruction_ = uintptr_t(ptrace(PTRACE_PEEKUSER, pid_, offsetof(user_regs_struct, rip), nullptr));
        // The code stands where this process has it, as the child is a fork.
        made_syscall_ = memcmp(reinterpret_cast<const void *>(instruction_), "\x0f\x05", 2) == 0;
        return go(PTRACE_SINGLESTEP) == SIGTRAP;
    }
    // To the end of the next syscall, at full speed.
    bool step_syscall()
    {
        made_syscall_ = go(PTRACE_SYSCALL) == kSyscall && go(PTRACE_SYSCALL) == kSyscall;
        return made_syscall_;
    }
    // To this instruction at full speed, and through it; false at the next pause.
    bool step_at(uintptr_t instruction)
    {
        constexpr long kBreakpoint = 0xcc;
        long code = ptrace(PTRACE_PEEKTEXT, pid_, instruction, nullptr);
        ptrace(PTRACE_POKETEXT, pid_, instruction, (code & ~0xffL) | kBreakpoint);
        bool there = go(PTRACE_CONT) == SIGTRAP;
        ptrace(PTRACE_POKETEXT, pid_, instruction, code);
        if (there)
            ptrace(PTRACE_POKEUSER, pid_, offsetof(user_regs_struct, rip), instruction);
        return there && step();
    }

    // The one that the last step went through.
    uintptr_t instruction() const { return instruction_; }
    bool made_syscall() const { return made_syscall_; }

    // Has it a file below this path in its memory, so that it can store into it?
    bool maps(const std::string &path) const
    {
        std::ifstream maps("/proc/" + std::to_string(pid_) + "/maps");
        return std::string(std::istreambuf_iterator<char>(maps), {}).find(path) != std::string::npos;
    }

    // To the next pause.
    void run() { go(PTRACE_CONT); }

    // As kill -9 does, while it stands where it stands.
    void kill()
    {
        if (pid_ <= 0)
            return;
        ::kill(pid_, SIGKILL);
        wait();
        pid_ = 0;
    }

    pid_t pid() const { return pid_; }

private:
    static constexpr int kSyscall = SIGTRAP | 0x80;

    // What stopped it; 0: it has ended.
    int wait()
    {
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        return WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
    }

    int go(enum __ptrace_request how)
    {
        EXPECT_EQ(ptrace(how, pid_, nullptr, nullptr), 0);
        int signal = wait();
        EXPECT_TRUE(signal == SIGTRAP || signal == kSyscall || signal == SIGSTOP) << "ended, or signal " << signal;
        return signal;
    }

    pid_t pid_;
    bool at_pause_;
    uintptr_t instruction_ = 0;
    bool made_syscall_ = false;
};

} // namespace mms_testing

#endif
