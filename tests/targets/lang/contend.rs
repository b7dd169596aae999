// SPDX-License-Identifier: Apache-2.0
//! contend [SECONDS]: one thread holds a Mutex most of the time, four wait for it. Says how long those did.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

#[inline(never)]
#[no_mangle]
fn wait_for_mutex(lock: &Mutex<u64>) -> u64 {
    let mut value = lock.lock().unwrap();
    *value += 1;
    *value
}

#[inline(never)]
#[no_mangle]
fn hold_mutex(lock: &Mutex<u64>) {
    let mut value = lock.lock().unwrap();
    thread::sleep(Duration::from_millis(2));
    *value += 1;
}

fn main() {
    let seconds = std::env::args().nth(1).map_or(2.0, |s| s.parse().unwrap());
    let (lock, over) = (Arc::new(Mutex::new(0)), Arc::new(AtomicBool::new(false)));
    let waiters: Vec<_> = (0..4)
        .map(|_| {
            let (lock, over) = (lock.clone(), over.clone());
            thread::spawn(move || {
                let mut waited = Duration::ZERO;
                while !over.load(Ordering::Relaxed) {
                    let from = Instant::now();
                    wait_for_mutex(&lock);
                    waited += from.elapsed();
                    thread::sleep(Duration::from_micros(500));
                }
                waited
            })
        })
        .collect();
    println!("ready");
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        hold_mutex(&lock);
        thread::sleep(Duration::from_micros(200));
    }
    over.store(true, Ordering::Relaxed);
    let waited: Duration = waiters.into_iter().map(|t| t.join().unwrap()).sum();
    println!("wait_for_mutex {}", waited.as_nanos());
}
