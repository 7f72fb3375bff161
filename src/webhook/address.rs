//! To which addresses a request may go. Whoever names an address for the server to call must not reach with its hand what it cannot
//! reach with its own: the machine itself, its network, the metadata service of its cloud.

use crate::config::Networks;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a request may go there: to public addresses by TLS, to allowed networks by plain http too.
pub fn allowed(address: IpAddr, tls: bool, allow: &Networks) -> bool {
    let address = address.to_canonical();
    allow.contains(address) || (tls && public(address))
}

/// All addresses of a name, since any of them may be taken: one that is refused refuses the name.
pub fn all_allowed(addresses: &[IpAddr], tls: bool, allow: &Networks) -> bool {
    !addresses.is_empty() && addresses.iter().all(|address| allowed(*address, tls, allow))
}

/// Reachable by everybody, and by everybody as the same machine (the registries of RFC 6890, as IANA keeps them).
fn public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => public_v4(address),
        IpAddr::V6(address) => public_v6(address),
    }
}

fn public_v4(address: Ipv4Addr) -> bool {
    let refused = match address.octets() {
        // This network, private, loopback, link-local (with the metadata services of clouds).
        [0 | 10 | 127, ..] | [169, 254, ..] | [172, 16..=31, ..] | [192, 168, ..] => true,
        // Shared by carriers, protocol assignments, documentation, 6to4 relays, benchmarks.
        [100, 64..=127, ..]
        | [192, 0, 0 | 2, _]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..] => true,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => true,
        _ => false,
    };
    !refused
}

fn public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let inner = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match parts {
        // An IPv4 address in the clothes of IPv6: compatible (with :: and ::1), mapped, translated, 6to4.
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => public_v4(inner(parts[6], parts[7])),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => public_v4(inner(high, low)),
        [0x2002, high, low, ..] => public_v4(inner(high, low)),
        // Where else the IPv4 address stands in a local translation nobody can tell; nor in a tunnel through one (Teredo).
        [0x64, 0xff9b, ..] | [0x2001, 0..=0x1ff, ..] => false,
        // Documentation.
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Nothing but global unicast is given out: the rest is unique local, link-local, site-local, multicast, discard, reserved.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or_else(|_| panic!("{text}"))
    }

    #[test]
    fn nothing_inside_is_reached() {
        let none = Networks::default();
        for refused in [
            // The first and the last of each network, where it has an end of its own.
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.9",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::",
            "fdff:ffff::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "feff::1",
            "ff00::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:2::1",
            "2001:20::1",
            "2001:1ff:ffff::1",
            "3fff::1",
            "3fff:fff::1",
            "100::1",
            "5f00::1",
            "4000::1",
            "1::1",
            // IPv4 inside.
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:1::127.0.0.1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::",
            "2002:c0a8:101::1",
        ] {
            assert!(!allowed(ip(refused), true, &none), "{refused}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.0.0.1",
            "128.0.0.1",
            "169.253.1.1",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.0.1",
            "192.0.1.1",
            "192.0.3.1",
            "192.167.1.1",
            "198.17.1.1",
            "198.20.0.1",
            "223.255.255.254",
            "2606:4700::1111",
            "2a00:1450:4001::8",
            "2001:200::1",
            "2001:4860:4860::8888",
            "3ffe::1",
            "3fff:1000::1",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(allowed(ip(public), true, &none), "{public}");
            assert!(!allowed(ip(public), false, &none), "{public} without TLS");
        }
    }

    #[test]
    fn what_the_operator_allows_is_reached_without_tls_too() {
        let allow = Networks::loopback();
        for inside in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(allowed(ip(inside), true, &allow) && allowed(ip(inside), false, &allow), "{inside}");
        }
        assert!(!allowed(ip("10.0.0.1"), true, &allow) && !allowed(ip("8.8.8.8"), false, &allow));
        assert!(all_allowed(&[ip("8.8.8.8"), ip("127.0.0.1")], true, &allow));
        assert!(!all_allowed(&[ip("8.8.8.8"), ip("10.0.0.1")], true, &allow), "one of two is enough to refuse");
        assert!(!all_allowed(&[], true, &allow));
    }
}
