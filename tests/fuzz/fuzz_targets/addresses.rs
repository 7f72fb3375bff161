#![no_main]
mistok_fuzz::target!("addresses");
