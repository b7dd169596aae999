// SPDX-License-Identifier: Apache-2.0
//! idle [SECONDS]: a pool of the program's own, as the Rust book has it: one worker waits for a job, the
//! others for the mutex around the channel; one thread waits for a condition variable.
use std::sync::mpsc::{channel, Receiver};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

#[inline(never)]
fn work(jobs: Arc<Mutex<Receiver<u32>>>) -> u32 {
    let mut sum = 0;
    loop {
        match jobs.lock().unwrap().recv() {
            Ok(job) => sum += job,
            Err(_) => return sum,
        }
    }
}

#[inline(never)]
fn wait_for(state: &(Mutex<bool>, Condvar)) -> u32 {
    let mut done = state.0.lock().unwrap();
    while !*done {
        done = state.1.wait(done).unwrap();
    }
    1
}

fn main() {
    let seconds = std::env::args().nth(1).map_or(5.0, |s| s.parse().unwrap());
    let (give, take) = channel();
    let take = Arc::new(Mutex::new(take));
    let state = Arc::new((Mutex::new(false), Condvar::new()));
    let mut threads = Vec::new();
    for i in 0..3 {
        let take = take.clone();
        let named = thread::Builder::new().name(format!("worker {i}"));
        threads.push(named.spawn(move || work(take)).unwrap());
    }
    let waiter = state.clone();
    threads.push(thread::Builder::new().name("waiter".into()).spawn(move || wait_for(&waiter)).unwrap());
    give.send(1).unwrap();
    println!("ready");
    thread::sleep(Duration::from_secs_f64(seconds));
    drop(give);
    *state.0.lock().unwrap() = true;
    state.1.notify_all();
    println!("sum {}", threads.into_iter().map(|t| t.join().unwrap()).sum::<u32>());
}
