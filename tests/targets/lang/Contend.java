// SPDX-License-Identifier: Apache-2.0
/*
 * Contend [SECONDS]: the thread "holder" has a monitor most of the time, two threads "waiter" wait for it and
 * one "parker" for its time to be over. Says how long those did: THREAD NANOSECONDS.
 */
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

class Contend {
    static final Object monitor = new Object();
    static long count;

    public static void main(String[] args) throws Exception {
        double seconds = args.length > 0 ? Double.parseDouble(args[0]) : 2;
        long end = System.nanoTime() + (long) (seconds * 1e9);
        AtomicLong waited = new AtomicLong(), parked = new AtomicLong();
        Thread[] threads = new Thread[4];
        for (int i = 0; i < 2; i++)
            threads[i] = new Thread(() -> {
                while (System.nanoTime() < end) {
                    long from = System.nanoTime();
                    synchronized (monitor) {
                        count++;
                    }
                    waited.addAndGet(System.nanoTime() - from);
                    LockSupport.parkNanos(500_000);
                }
            }, "waiter");
        threads[2] = new Thread(() -> {
            while (System.nanoTime() < end) {
                long from = System.nanoTime();
                LockSupport.parkNanos(3_000_000);
                parked.addAndGet(System.nanoTime() - from);
            }
        }, "parker");
        threads[3] = new Thread(() -> {
            while (System.nanoTime() < end) {
                synchronized (monitor) {
                    LockSupport.parkNanos(4_000_000);
                }
                LockSupport.parkNanos(200_000);
            }
        }, "holder");
        for (Thread t : threads)
            t.start();
        System.out.println("ready");
        for (Thread t : threads)
            t.join();
        System.out.println("waiter " + waited);
        System.out.println("parker " + parked);
    }
}
