// SPDX-License-Identifier: Apache-2.0
/*
 * One row a function. A source is a file and function of that runtime: glibc 2.36, libstdc++ 12, Rust
 * 1.95, parking_lot 0.12, crossbeam-channel 0.5, Go 1.17 to 1.26, CPython 3.8 to 3.13, OpenJDK 17 and
 * 25, libuv 1.44 to 1.51, Tokio 1.20 to 1.54. A runtime's functions are rows only where they cannot hold
 * code of the program: a generic function that calls a closure, which a compiler writes into it, is
 * none.
 */
#include "classify/primitive.h"

#include <linux/futex.h>

#define ANY NULL

const struct wait_row wait_rows[] = {
	/* glibc without its debug file: internal functions have no name */
	{ "[libc.so]", PRIMITIVE_UNKNOWN, ANY, "symbolize.c: a nameless frame of libc.so.6" },
	/* glibc: what others wait by */
	{ "syscall", PRIMITIVE_UNKNOWN, ANY, "sysdeps/unix/sysv/linux/x86_64/syscall.S" },
	{ "epoll_wait", PRIMITIVE_UNKNOWN, ANY, "sysdeps/unix/sysv/linux/epoll_wait.c" },
	{ "epoll_pwait", PRIMITIVE_UNKNOWN, ANY, "sysdeps/unix/sysv/linux/epoll_pwait.c" },
	{ "clock_nanosleep", PRIMITIVE_UNKNOWN, ANY, "clock_nanosleep.c" },
	{ "nanosleep", PRIMITIVE_UNKNOWN, ANY, "posix/nanosleep.c" },
	{ "sigtimedwait", PRIMITIVE_UNKNOWN, ANY, "sysdeps/unix/sysv/linux/sigtimedwait.c" },
	{ "sigwaitinfo", PRIMITIVE_UNKNOWN, ANY, "sysdeps/unix/sysv/linux/sigwaitinfo.c" },
	{ "futex_wait", PRIMITIVE_UNKNOWN, ANY, "sysdeps/nptl/futex-internal.h" },
	{ "futex_wait_simple", PRIMITIVE_UNKNOWN, ANY, "sysdeps/nptl/futex-internal.h" },
	{ "futex_abstimed_wait", PRIMITIVE_UNKNOWN, ANY, "nptl/futex-internal.c" },
	{ "futex_abstimed_wait_common", PRIMITIVE_UNKNOWN, ANY, "nptl/futex-internal.c" },
	{ "futex_abstimed_wait_cancelable", PRIMITIVE_UNKNOWN, ANY, "nptl/futex-internal.c" },
	{ "futex_clocklock", PRIMITIVE_MUTEX, ANY, "sysdeps/nptl/futex-internal.h" },
	{ "futex_lock_pi", PRIMITIVE_MUTEX, ANY, "nptl/futex-internal.c" },
	/* glibc: primitives */
	{ "lll_lock_wait", PRIMITIVE_MUTEX, ANY, "nptl/lowlevellock.c" },
	{ "lll_lock_wait_private", PRIMITIVE_MUTEX, ANY, "nptl/lowlevellock.c: malloc, stdio" },
	{ "lll_mutex_lock_optimized", PRIMITIVE_MUTEX, ANY, "nptl/pthread_mutex_lock.c" },
	{ "pthread_mutex_lock", PRIMITIVE_MUTEX, ANY, "nptl/pthread_mutex_lock.c" },
	{ "pthread_mutex_lock_full", PRIMITIVE_MUTEX, ANY, "nptl/pthread_mutex_lock.c" },
	{ "pthread_mutex_cond_lock", PRIMITIVE_MUTEX, ANY, "nptl/pthread_mutex_cond_lock.c" },
	{ "pthread_mutex_timedlock", PRIMITIVE_MUTEX, ANY, "nptl/pthread_mutex_timedlock.c" },
	{ "pthread_mutex_clocklock", PRIMITIVE_MUTEX, ANY, "nptl/pthread_mutex_timedlock.c" },
	{ "pthread_mutex_clocklock_common", PRIMITIVE_MUTEX, ANY,
	  "nptl/pthread_mutex_timedlock.c" },
	{ "flockfile", PRIMITIVE_MUTEX, ANY, "stdio-common/flockfile.c" },
	{ "mtx_lock", PRIMITIVE_MUTEX, ANY, "nptl/mtx_lock.c" },
	{ "pthread_rwlock_rdlock", PRIMITIVE_RWLOCK, ANY, "nptl/pthread_rwlock_rdlock.c" },
	{ "pthread_rwlock_wrlock", PRIMITIVE_RWLOCK, ANY, "nptl/pthread_rwlock_wrlock.c" },
	{ "pthread_rwlock_rdlock_full", PRIMITIVE_RWLOCK, ANY, "nptl/pthread_rwlock_common.c" },
	{ "pthread_rwlock_wrlock_full", PRIMITIVE_RWLOCK, ANY, "nptl/pthread_rwlock_common.c" },
	{ "pthread_rwlock_clockrdlock", PRIMITIVE_RWLOCK, ANY,
	  "nptl/pthread_rwlock_clockrdlock.c" },
	{ "pthread_rwlock_clockwrlock", PRIMITIVE_RWLOCK, ANY,
	  "nptl/pthread_rwlock_clockwrlock.c" },
	{ "pthread_cond_wait", PRIMITIVE_CONDVAR, ANY, "nptl/pthread_cond_wait.c" },
	{ "pthread_cond_wait_common", PRIMITIVE_CONDVAR, ANY, "nptl/pthread_cond_wait.c" },
	{ "pthread_cond_timedwait", PRIMITIVE_CONDVAR, ANY, "nptl/pthread_cond_wait.c" },
	{ "pthread_cond_clockwait", PRIMITIVE_CONDVAR, ANY, "nptl/pthread_cond_wait.c" },
	{ "cnd_wait", PRIMITIVE_CONDVAR, ANY, "nptl/cnd_wait.c" },
	{ "do_futex_wait", PRIMITIVE_SEMAPHORE, ANY, "nptl/sem_waitcommon.c" },
	{ "new_sem_wait_slow", PRIMITIVE_SEMAPHORE, ANY, "nptl/sem_waitcommon.c" },
	{ "new_sem_wait", PRIMITIVE_SEMAPHORE, ANY, "nptl/sem_wait.c" },
	{ "sem_timedwait", PRIMITIVE_SEMAPHORE, ANY, "nptl/sem_timedwait.c" },
	{ "sem_clockwait", PRIMITIVE_SEMAPHORE, ANY, "nptl/sem_clockwait.c" },
	{ "pthread_clockjoin_ex", PRIMITIVE_JOIN, ANY, "nptl/pthread_join_common.c" },
	{ "pthread_join", PRIMITIVE_JOIN, ANY, "nptl/pthread_join.c" },
	{ "pthread_timedjoin_np", PRIMITIVE_JOIN, ANY, "nptl/pthread_timedjoin.c" },
	{ "thrd_join", PRIMITIVE_JOIN, ANY, "nptl/thrd_join.c" },
	/* libstdc++ */
	{ "std::thread::join", PRIMITIVE_JOIN, ANY, "libstdc++-v3/src/c++11/thread.cc" },
	{ "std::__detail::__platform_wait", PRIMITIVE_UNKNOWN, ANY,
	  "bits/atomic_wait.h: also of atomics, latches and barriers" },
	{ "std::__atomic_wait_address_bare", PRIMITIVE_UNKNOWN, ANY, "bits/atomic_wait.h" },
	{ "std::__atomic_semaphore::_M_acquire", PRIMITIVE_SEMAPHORE, ANY,
	  "bits/semaphore_base.h" },
	/* Rust's standard library; std::sync::mutex until 1.84, std::sync::poison since then */
	{ "std::sys::pal::unix::futex::futex_wait", PRIMITIVE_UNKNOWN, ANY,
	  "sys/pal/unix/futex.rs" },
	{ "std::sys::sync::mutex::futex::Mutex::lock_contended", PRIMITIVE_MUTEX, ANY,
	  "sys/sync/mutex/futex.rs" },
	{ "std::sys::sync::rwlock::futex::RwLock::read_contended", PRIMITIVE_RWLOCK, ANY,
	  "sys/sync/rwlock/futex.rs" },
	{ "std::sys::sync::rwlock::futex::RwLock::write_contended", PRIMITIVE_RWLOCK, ANY,
	  "sys/sync/rwlock/futex.rs" },
	{ "std::sys::sync::condvar::futex::Condvar::*", PRIMITIVE_CONDVAR, ANY,
	  "sys/sync/condvar/futex.rs: wait, wait_optional_timeout" },
	{ "std::sync::poison::condvar::Condvar::wait", PRIMITIVE_CONDVAR, ANY,
	  "sync/poison/condvar.rs" },
	{ "std::sync::barrier::Barrier::wait", PRIMITIVE_CONDVAR, ANY, "sync/barrier.rs" },
	{ "std::sys::sync::thread_parking::futex::Parker::park", PRIMITIVE_PARK, ANY,
	  "sys/sync/thread_parking/futex.rs" },
	{ "std::thread::functions::park", PRIMITIVE_PARK, ANY, "thread/functions.rs" },
	{ "std::thread::thread::Thread::park", PRIMITIVE_PARK, ANY, "thread/thread.rs" },
	{ "std::sys::thread::unix::Thread::join", PRIMITIVE_JOIN, ANY, "sys/thread/unix.rs" },
	{ "std::sync::mpmc::context::Context::wait_until", PRIMITIVE_CHANNEL, ANY,
	  "sync/mpmc/context.rs" },
	{ "std::sync::mpmc::list::Channel::recv", PRIMITIVE_CHANNEL, ANY,
	  "sync/mpmc/list.rs: mpsc too" },
	{ "crossbeam_channel::context::Context::wait_until", PRIMITIVE_CHANNEL, ANY,
	  "crossbeam-channel/src/context.rs" },
	{ "crossbeam_channel::flavors::array::Channel::recv", PRIMITIVE_CHANNEL, ANY,
	  "crossbeam-channel/src/flavors/array.rs" },
	/* parking_lot */
	{ "parking_lot_core::thread_parker::imp::ThreadParker::futex_wait", PRIMITIVE_PARK, ANY,
	  "core/src/thread_parker/linux.rs" },
	{ "parking_lot_core::thread_parker::imp::ThreadParker as *", PRIMITIVE_PARK, ANY,
	  "core/src/thread_parker/linux.rs: park, park_until" },
	{ "parking_lot_core::parking_lot::park", PRIMITIVE_PARK, ANY, "core/src/parking_lot.rs" },
	{ "parking_lot_core::parking_lot::with_thread_data", PRIMITIVE_PARK, ANY,
	  "core/src/parking_lot.rs: its closures are park()'s" },
	{ "parking_lot::raw_mutex::RawMutex::lock_slow", PRIMITIVE_MUTEX, ANY, "src/raw_mutex.rs" },
	{ "parking_lot::raw_rwlock::RawRwLock::lock_common", PRIMITIVE_RWLOCK, ANY,
	  "src/raw_rwlock.rs" },
	{ "parking_lot::raw_rwlock::RawRwLock::lock_shared_slow", PRIMITIVE_RWLOCK, ANY,
	  "src/raw_rwlock.rs" },
	{ "parking_lot::raw_rwlock::RawRwLock::lock_exclusive_slow", PRIMITIVE_RWLOCK, ANY,
	  "src/raw_rwlock.rs" },
	{ "parking_lot::condvar::Condvar::*", PRIMITIVE_CONDVAR, ANY,
	  "src/condvar.rs: wait, wait_for, wait_until_internal" },
	/* Tokio: below its parkers there is nothing of the program's */
	{ "mio::*", PRIMITIVE_UNKNOWN, ANY, "mio/src/poll.rs" },
	{ "tokio::loom::std::parking_lot::Condvar::*", PRIMITIVE_CONDVAR, ANY,
	  "tokio/src/loom/std/parking_lot.rs: wait, wait_timeout" },
	{ "tokio::runtime::park::Inner::park", PRIMITIVE_PARK, ANY, "tokio/src/runtime/park.rs" },
	{ "tokio::park::thread::Inner::park", PRIMITIVE_PARK, ANY,
	  "tokio 1.20: src/park/thread.rs" },
	{ "tokio::park::thread::ParkThread as *", PRIMITIVE_PARK, ANY,
	  "tokio 1.20: src/park/thread.rs: park" },
	{ "tokio::park::either::Either as *", PRIMITIVE_UNKNOWN, ANY,
	  "tokio 1.20: src/park/either.rs: park" },
	{ "tokio::runtime::park::ParkThread::park", PRIMITIVE_PARK, ANY,
	  "1.38: tokio/src/runtime/park.rs" },
	{ "tokio::runtime::io::Driver::turn", PRIMITIVE_UNKNOWN, ANY,
	  "1.25: tokio/src/runtime/io/mod.rs" },
	{ "tokio::runtime::io::driver::Driver::turn", PRIMITIVE_UNKNOWN, ANY,
	  "tokio/src/runtime/io/driver.rs" },
	{ "tokio::io::driver::Driver*", PRIMITIVE_UNKNOWN, ANY,
	  "tokio 1.20: src/io/driver/mod.rs: turn, park" },
	{ "tokio::signal::unix::driver::Driver as *", PRIMITIVE_UNKNOWN, ANY,
	  "tokio 1.20: src/signal/unix/driver.rs: park" },
	{ "tokio::process::imp::driver::Driver as *", PRIMITIVE_UNKNOWN, ANY,
	  "tokio 1.20: src/process/unix/driver.rs: park" },
	{ "tokio::runtime::time::Driver::*", PRIMITIVE_UNKNOWN, ANY,
	  "tokio/src/runtime/time/mod.rs: park, park_internal" },
	{ "tokio::time::driver::Driver*", PRIMITIVE_UNKNOWN, ANY,
	  "tokio 1.20: src/time/driver/mod.rs: park_internal, park" },
	{ "tokio::runtime::driver::*", PRIMITIVE_UNKNOWN, ANY,
	  "tokio/src/runtime/driver.rs: park of Driver, TimeDriver, IoStack" },
	{ "tokio::runtime::scheduler::multi_thread::park::*", PRIMITIVE_PARK, ANY,
	  "tokio/src/runtime/scheduler/multi_thread/park.rs: Parker, Inner" },
	{ "tokio::runtime::thread_pool::park::*", PRIMITIVE_PARK, ANY,
	  "tokio 1.20: src/runtime/thread_pool/park.rs" },
	/* rayon: what a job waits for stands above them */
	{ "rayon_core::sleep::Sleep::*", PRIMITIVE_PARK, ANY, "rayon-core/src/sleep/mod.rs" },
	{ "rayon_core::registry::WorkerThread::wait_until*", PRIMITIVE_PARK, ANY,
	  "rayon-core/src/registry.rs" },
	/* Go */
	{ "runtime.futex", PRIMITIVE_UNKNOWN, ANY, "runtime/sys_linux_amd64.s" },
	{ "runtime.futexsleep", PRIMITIVE_UNKNOWN, ANY, "runtime/os_linux.go" },
	{ "runtime.usleep", PRIMITIVE_UNKNOWN, ANY, "runtime/sys_linux_amd64.s" },
	{ "runtime.epollwait", PRIMITIVE_UNKNOWN, ANY, "Go 1.19: runtime/sys_linux_amd64.s" },
	{ "runtime/internal/syscall*", PRIMITIVE_UNKNOWN, ANY,
	  "1.20 to 1.22: runtime/internal/syscall: EpollWait, Syscall6" },
	{ "internal/runtime/syscall*", PRIMITIVE_UNKNOWN, ANY,
	  "internal/runtime/syscall/linux: EpollWait, Syscall6" },
	{ "runtime.semasleep", PRIMITIVE_SEMAPHORE, ANY, "runtime/lock_futex.go" },
	{ "runtime.lock2", PRIMITIVE_MUTEX, ANY, "runtime/lock_spinbit.go, lock_futex.go" },
	{ "runtime.notesleep", PRIMITIVE_PARK, ANY, "runtime/lock_futex.go" },
	{ "runtime.notetsleep_internal", PRIMITIVE_PARK, ANY, "runtime/lock_futex.go" },
	{ "runtime.notetsleep", PRIMITIVE_PARK, ANY, "runtime/lock_futex.go" },
	{ "runtime.notetsleepg", PRIMITIVE_PARK, ANY, "runtime/lock_futex.go" },
	{ "runtime.mPark", PRIMITIVE_PARK, ANY, "runtime/proc.go" },
	/* CPython */
	{ "PyCOND_TIMEDWAIT", PRIMITIVE_CONDVAR, ANY, "Python/condvar.h" },
	{ "take_gil", PRIMITIVE_GIL, ANY, "Python/ceval_gil.c" },
	{ "PyThread_acquire_lock_timed", PRIMITIVE_SEMAPHORE, ANY, "Python/thread_pthread.h" },
	{ "PySemaphore_PlatformWait", PRIMITIVE_SEMAPHORE, ANY, "3.13: Python/parking_lot.c" },
	{ "PySemaphore_Wait", PRIMITIVE_SEMAPHORE, ANY, "3.13: Python/parking_lot.c" },
	{ "PyParkingLot_Park", PRIMITIVE_PARK, ANY, "3.13: Python/parking_lot.c" },
	{ "PyMutex_LockTimed", PRIMITIVE_MUTEX, ANY, "3.13: Python/lock.c" },
	{ "PyMutex_Lock", PRIMITIVE_MUTEX, ANY, "3.13: Python/lock.c" },
	/* libuv */
	{ "uv_cond_wait", PRIMITIVE_CONDVAR, ANY, "src/unix/thread.c" },
	{ "uv__sem_wait", PRIMITIVE_SEMAPHORE, ANY, "src/unix/thread.c" },
	{ "uv_sem_wait", PRIMITIVE_SEMAPHORE, ANY, "src/unix/thread.c" },
	/* HotSpot */
	{ "os::PlatformMonitor::wait", PRIMITIVE_CONDVAR, "libjvm", "os/posix/os_posix.cpp" },
	{ "os::PlatformEvent::park", PRIMITIVE_PARK, "libjvm", "os/posix/os_posix.cpp" },
	{ "PlatformMonitor::wait", PRIMITIVE_CONDVAR, "libjvm", "25: os/posix/os_posix.cpp" },
	{ "PlatformEvent::park", PRIMITIVE_PARK, "libjvm", "25: os/posix/os_posix.cpp" },
	{ "PlatformEvent::park_nanos", PRIMITIVE_PARK, "libjvm", "25: os/posix/os_posix.cpp" },
	{ "os::naked_short_sleep", PRIMITIVE_UNKNOWN, "libjvm", "os/posix/os_posix.cpp" },
	{ "PosixSemaphore::wait", PRIMITIVE_SEMAPHORE, "libjvm", "os/posix/semaphore_posix.cpp" },
	{ "Monitor::wait", PRIMITIVE_CONDVAR, "libjvm", "share/runtime/mutex.cpp" },
	{ "Monitor::wait_without_safepoint_check", PRIMITIVE_CONDVAR, "libjvm",
	  "share/runtime/mutex.cpp" },
	{ "ObjectMonitor::wait", PRIMITIVE_CONDVAR, "libjvm", "share/runtime/objectMonitor.cpp" },
	{ "ObjectMonitor::EnterI", PRIMITIVE_MUTEX, "libjvm", "share/runtime/objectMonitor.cpp" },
	{ "ObjectMonitor::enter_internal", PRIMITIVE_MUTEX, "libjvm",
	  "25: share/runtime/objectMonitor.cpp" },
	{ "ObjectMonitor::enter", PRIMITIVE_MUTEX, "libjvm", "share/runtime/objectMonitor.cpp" },
	{ "Parker::park", PRIMITIVE_PARK, "libjvm", "os/posix/os_posix.cpp" },
	{ "Unsafe_Park", PRIMITIVE_PARK, "libjvm", "share/prims/unsafe.cpp" },
};

const size_t wait_row_cnt = sizeof(wait_rows) / sizeof(wait_rows[0]);

#define PRIMITIVE_TEXT(name, text, says) text,
#define PRIMITIVE_SAYS(name, text, says) says,
static const char *const texts[] = { PRIMITIVES(PRIMITIVE_TEXT) };
static const unsigned char says[] = { PRIMITIVES(PRIMITIVE_SAYS) };

const char *primitive_text(enum primitive p)
{
	return texts[p];
}

/*
 * What is built of another is what the program waits for: a channel parks, a monitor waits on a
 * condition variable. But a condition variable that takes its mutex back waits for the mutex.
 */
enum primitive primitive_join(enum primitive inner, enum primitive outer)
{
	return says[outer] >= says[inner] && outer ? outer : inner;
}

enum primitive primitive_of_futex(int64_t operation)
{
	switch (operation & FUTEX_CMD_MASK) {
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
	case FUTEX_UNLOCK_PI:
		return PRIMITIVE_MUTEX;
	case FUTEX_WAIT_REQUEUE_PI:
		return PRIMITIVE_CONDVAR;
	default:
		return PRIMITIVE_UNKNOWN;
	}
}

bool primitive_is_lock(enum primitive p)
{
	return PRIMITIVES_LOCK & 1u << p;
}
