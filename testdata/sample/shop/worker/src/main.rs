//! Reads order numbers, one per line, and prints them with the time they were seen.

use regex::Regex;
use smallvec::SmallVec;
use std::io::{self, BufRead};

fn main() {
    let order = Regex::new(r"^[A-Z]{2}-\d{6}$").expect("a valid pattern");
    let orders: SmallVec<[String; 16]> = io::stdin().lock().lines().map_while(Result::ok).filter(|line| order.is_match(line)).collect();
    for number in orders {
        println!("{} {}", chrono::Utc::now(), number);
    }
    if atty::is(atty::Stream::Stdout) {
        println!("done");
    }
}
