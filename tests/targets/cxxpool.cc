// SPDX-License-Identifier: Apache-2.0
/*
 * cxxpool [SECONDS]: a pool of the program's own in C++: two threads wait in app::Queue::take for jobs,
 * one in app::Store::put for a std::mutex that the main thread holds.
 */
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "target.h"

namespace app
{
class Queue
{
	std::mutex mutex;
	std::condition_variable filled;
	std::deque<int> jobs;

      public:
	NOINLINE void give(int job)
	{
		std::lock_guard<std::mutex> lock(mutex);
		jobs.push_back(job);
		filled.notify_one();
	}

	NOINLINE int take()
	{
		std::unique_lock<std::mutex> lock(mutex);
		filled.wait(lock, [this] { return !jobs.empty(); });
		int job = jobs.front();
		jobs.pop_front();
		return job;
	}
};

class Store
{
	long sum = 0;

      public:
	std::mutex mutex;

	NOINLINE long put(int job)
	{
		std::lock_guard<std::mutex> lock(mutex);
		return sum += job;
	}
};
} // namespace app

static app::Queue queue;
static app::Store store;

static void work()
{
	while (queue.take())
		;
}

static void fill()
{
	store.put(1);
}

int main(int argc, char **argv)
{
	std::vector<std::thread> threads;

	store.mutex.lock();
	threads.emplace_back(work);
	threads.emplace_back(work);
	threads.emplace_back(fill);
	uint64_t end = target_begin(argc, argv);
	while (!target_over(end)) {
		std::this_thread::sleep_for(std::chrono::milliseconds(20));
		queue.give(1);
	}
	queue.give(0);
	queue.give(0);
	store.mutex.unlock();
	for (auto &thread : threads)
		thread.join();
	return 0;
}
