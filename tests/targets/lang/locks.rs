// SPDX-License-Identifier: Apache-2.0
//! locks [SECONDS [COUNT]]: threads that hold up each other at a Mutex and at an RwLock of the standard library,
//! for SECONDS, or until the mutex was taken COUNT times. What the mutex guards lies where glibc's mutex has its
//! owner, and is the number of a thread that never holds it.
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

struct Shared {
    mutex: Mutex<[u32; 8]>,
    rwlock: RwLock<u64>,
    over: AtomicBool,
    taken: AtomicU64,
}

#[inline(never)]
fn f_hold(s: &Shared, hold: Duration) {
    let words = s.mutex.lock().unwrap();
    black_box(words[0]);
    thread::sleep(hold);
    s.taken.fetch_add(1, Ordering::Relaxed);
}

#[inline(never)]
fn f_write(s: &Shared, hold: Duration) {
    let mut n = s.rwlock.write().unwrap();
    *n += 1;
    thread::sleep(hold);
}

#[inline(never)]
fn f_read(s: &Shared) -> u64 {
    *s.rwlock.read().unwrap()
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let seconds = args.get(1).map_or(3.0, |s| s.parse().unwrap());
    let count: u64 = args.get(2).map_or(0, |s| s.parse().unwrap());
    let hold = Duration::from_micros(if count > 0 { 20 } else { 2000 });
    let s = Arc::new(Shared {
        mutex: Mutex::new([std::process::id(); 8]),
        rwlock: RwLock::new(0),
        over: AtomicBool::new(false),
        taken: AtomicU64::new(0),
    });
    let mut threads = Vec::new();
    for i in 0..if count > 0 { 4 } else { 5 } {
        let s = s.clone();
        threads.push(thread::spawn(move || {
            while !s.over.load(Ordering::Relaxed) {
                match i {
                    0 | 1 => f_hold(&s, hold),
                    _ if count > 0 => f_hold(&s, hold),
                    2 => f_write(&s, hold),
                    _ => {
                        black_box(f_read(&s));
                    }
                }
                thread::sleep(Duration::from_micros(50));
            }
        }));
    }
    println!("ready {}", std::process::id());
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end && (count == 0 || s.taken.load(Ordering::Relaxed) < count) {
        thread::sleep(Duration::from_millis(10));
    }
    s.over.store(true, Ordering::Relaxed);
    for t in threads {
        t.join().unwrap();
    }
    println!("taken {}", s.taken.load(Ordering::Relaxed));
}
