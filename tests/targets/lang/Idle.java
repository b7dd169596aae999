// SPDX-License-Identifier: Apache-2.0
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Idle [SECONDS]: the JVM's helpers and a pool have nothing to do; one thread waits for a monitor, one for
 * a lock. Without Java's frames the pool looks like the lock: both park.
 */
public class Idle {
	static final Object monitor = new Object();
	static final ReentrantLock lock = new ReentrantLock();

	static void waitForMonitor() {
		synchronized (monitor) {
			System.out.println("had the monitor");
		}
	}

	static void waitForLock() {
		lock.lock();
		lock.unlock();
	}

	public static void main(String[] args) throws Exception {
		double seconds = args.length > 0 ? Double.parseDouble(args[0]) : 5;
		ExecutorService pool = Executors.newFixedThreadPool(2);
		pool.submit(() -> 1).get();
		pool.submit(() -> 2).get();
		lock.lock();
		synchronized (monitor) {
			new Thread(Idle::waitForMonitor, "monitor").start();
			new Thread(Idle::waitForLock, "lock").start();
			System.gc();
			System.out.println("ready");
			Thread.sleep((long) (seconds * 1e3));
		}
		lock.unlock();
		pool.shutdown();
	}
}
