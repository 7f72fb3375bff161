//! Where webhooks may go, by the text of an address and by numbers.

use super::{Parser, Seeds, refused, text};
use mistok::{
    config::Networks,
    webhook::{address, rules::Target},
};
use std::net::IpAddr;
use url::Host;

pub(super) const ALL: &[Parser] = &[
    Parser { name: "address", read: anywhere, seeds: addresses, times: 4_000 },
    Parser { name: "address within", read: within, seeds: addresses_within, times: 2_000 },
    Parser { name: "number of an address", read: number, seeds: numbers, times: 4_000 },
];

fn addresses() -> Seeds {
    Seeds::of(
        &[
            "https://partner.example/mistok",
            "https://partner.example:8443/a?token=1",
            "https://8.8.8.8/",
            "https://приклад.укр/ї",
            "https://[2a00:1450:4001::8]/",
        ],
        &[
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::ffff:127.0.0.1]:8443/",
            "https://１２７.0.0.1/",
            "https://:secret@partner.example/",
            "https://[64:ff9b:1::8.8.8.8]/",
        ],
    )
}

fn target(text: &str, allow: &Networks) -> bool {
    match Target::parse(text, allow) {
        Ok(target) => {
            let written = target.url().as_str();
            assert_eq!(Target::parse(written, allow).as_ref(), Ok(&target), "{written}");
            assert!(target.url().password().is_none() && target.url().username().is_empty() && written.len() <= 2_000);
            assert!(target.tls() || !allow.is_empty());
            let literal = match target.url().host().expect("a host") {
                Host::Domain(name) => {
                    assert_eq!(target.name(), Some(name));
                    // What could be read as a number is no name.
                    assert!(name.parse::<IpAddr>().is_err(), "{name}");
                    None
                }
                Host::Ipv4(number) => Some(IpAddr::V4(number)),
                Host::Ipv6(number) => Some(IpAddr::V6(number)),
            };
            assert!(literal.is_none_or(|number| address::allowed(number, target.tls(), allow)), "{written}");
            true
        }
        Err(refusal) => {
            refused(&refusal, "url");
            false
        }
    }
}

fn anywhere(bytes: &[u8]) -> bool {
    target(&text(bytes), &Networks::default())
}

fn addresses_within() -> Seeds {
    Seeds::of(
        &["http://127.0.0.1:9/", "http://partner.example/", "https://[::1]/a", "https://8.8.8.8/"],
        &["http://8.8.8.8/", "https://10.0.0.1/", "ftp://127.0.0.1/"],
    )
}

fn within(bytes: &[u8]) -> bool {
    target(&text(bytes), &Networks::loopback())
}

fn numbers() -> Seeds {
    Seeds::of(
        &["8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:8.8.8.8"],
        &["127.0.0.1", "::1", "fe80::1", "2002:7f00:1::", "64:ff9b::169.254.169.254", "100.64.0.1"],
    )
}

fn number(bytes: &[u8]) -> bool {
    let text = text(bytes);
    // Any sixteen bytes are a number too.
    let of_bytes = || <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from);
    let Some(number) = text.parse().ok().or_else(of_bytes) else { return false };
    let none = Networks::default();
    let open = address::allowed(number, true, &none);
    assert!(!address::allowed(number, false, &none), "{number} without TLS");
    let inside = |number: IpAddr| match number {
        IpAddr::V4(number) => number.is_loopback() || number.is_private() || number.is_link_local() || number.is_unspecified(),
        IpAddr::V6(number) => {
            number.is_loopback() || number.is_unique_local() || number.is_unicast_link_local() || number.is_multicast()
        }
    };
    assert!(!open || !inside(number.to_canonical()), "{number}");
    if let (IpAddr::V4(four), true) = (number, open) {
        // In whichever clothes it comes.
        assert!(address::allowed(IpAddr::V6(four.to_ipv6_mapped()), true, &none));
    }
    open
}
