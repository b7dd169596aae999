// SPDX-License-Identifier: Apache-2.0
//! burn [SECONDS]: two threads that sort, make garbage, and catch panics.
use std::collections::HashMap;
use std::panic;
use std::thread;
use std::time::{Duration, Instant};

#[inline(never)]
fn deep(depth: u32) -> usize {
    if depth > 0 {
        return deep(depth - 1) + 1;
    }
    let mut count = HashMap::new();
    let mut list: Vec<String> = (0..200).map(|i| format!("item {}", i * 7919 % 200)).collect();
    list.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    for item in &list {
        *count.entry(item).or_insert(0) += 1;
    }
    count.len()
}

#[inline(never)]
fn falls(depth: u32) -> u32 {
    if depth == 0 {
        panic::panic_any(1);
    }
    falls(depth - 1) + 1
}

fn burn(end: Instant) -> usize {
    let mut turns = 0;
    while Instant::now() < end {
        turns += deep(10) / 200;
        turns += panic::catch_unwind(|| falls(5)).is_err() as usize;
    }
    turns
}

fn main() {
    let seconds = std::env::args().nth(1).map_or(5.0, |s| s.parse().unwrap());
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    println!("ready");
    panic::set_hook(Box::new(|_| ()));
    let other = thread::spawn(move || burn(end));
    println!("turns {} {}", burn(end), other.join().unwrap());
}
