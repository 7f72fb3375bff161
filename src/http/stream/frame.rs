//! The bytes of a client's WebSocket before anybody keeps them. The library looks at the size of a frame once all of it has come, and
//! keeps it until then; here its head alone decides.

use super::message::Close;
use actix_web::{dev::Payload, error::PayloadError, web::Bytes};
use futures_util::{Stream, StreamExt};
use std::{cell::Cell, rc::Rc};

/// What a connection and its bytes tell each other.
#[derive(Clone)]
pub struct Bounds {
    /// Bytes of one frame at the most.
    most: Rc<Cell<u64>>,
    broken: Rc<Cell<Option<Close>>>,
}

impl Bounds {
    pub fn new(most: u64) -> Self {
        Self { most: Rc::new(Cell::new(most)), broken: Rc::default() }
    }

    /// Frames may be as long from now on.
    pub fn widen(&self, most: u64) {
        self.most.set(most);
    }

    /// Why no more bytes come, if it was for what they were.
    pub fn broken(&self) -> Option<Close> {
        self.broken.get()
    }

    /// The same bytes, as long as their frames keep to the bounds.
    pub fn keep(&self, payload: Payload) -> Payload {
        let (bounds, mut frames) = (self.clone(), Frames::default());
        let kept = payload.map(move |bytes: Result<Bytes, PayloadError>| {
            let bytes = bytes?;
            match frames.pass(&bytes, bounds.most.get()) {
                Ok(()) => Ok(bytes),
                Err(close) => {
                    bounds.broken.set(Some(close));
                    Err(PayloadError::Overflow)
                }
            }
        });
        let kept: std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(kept);
        Payload::Stream { payload: kept }
    }
}

/// Reads heads of frames (RFC 6455, section 5.2) and steps over what they hold.
#[derive(Default)]
pub struct Frames {
    head: Vec<u8>,
    /// Bytes of the present frame that are still to come.
    rest: u64,
}

impl Frames {
    /// Steps over the next bytes of a connection, whose frames may have so many at the most.
    pub fn pass(&mut self, mut bytes: &[u8], most: u64) -> Result<(), Close> {
        while !bytes.is_empty() {
            if self.rest > 0 {
                let step = usize::try_from(self.rest).unwrap_or(usize::MAX).min(bytes.len());
                bytes = &bytes[step..];
                self.rest -= step as u64;
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            if let Some(length) = length(&self.head)? {
                if length > most {
                    return Err(Close::TooLarge);
                }
                self.rest = length;
                self.head.clear();
            }
        }
        Ok(())
    }
}

/// The length that a head tells once it is whole.
fn length(head: &[u8]) -> Result<Option<u64>, Close> {
    let [first, second, ..] = *head else { return Ok(None) };
    let control = first & 0x08 != 0;
    // Reserved bits, a control frame in pieces or too long, and a client that does not mask.
    if first & 0x70 != 0 || (control && (first & 0x80 == 0 || second & 0x7f > 125)) || second & 0x80 == 0 {
        return Err(Close::Protocol);
    }
    let more = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    // The mask is the last part of the head.
    if head.len() < 2 + more + 4 {
        return Ok(None);
    }
    let long = head[2..2 + more].iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
    Ok(Some(if more == 0 { u64::from(second & 0x7f) } else { long }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame of text.
    fn frame(length: usize) -> Vec<u8> {
        let mut frame = vec![0x81];
        match length {
            0..126 => frame.push(0x80 | length as u8),
            126..65536 => frame.extend([&[0xfe][..], &(length as u16).to_be_bytes()].concat()),
            _ => frame.extend([&[0xff][..], &(length as u64).to_be_bytes()].concat()),
        }
        frame.extend([1, 2, 3, 4]);
        frame.resize(frame.len() + length, 0xff);
        frame
    }

    #[test]
    fn frames_pass_however_they_are_cut() {
        let all: Vec<u8> = [0, 1, 125, 126, 65535, 65536, 7].iter().flat_map(|length| frame(*length)).collect();
        for size in [1, 2, 3, 7, 1000, all.len()] {
            let mut frames = Frames::default();
            assert!(all.chunks(size).all(|bytes| frames.pass(bytes, 65536) == Ok(())), "{size}");
            assert!(frames.head.is_empty() && frames.rest == 0);
        }
    }

    #[test]
    fn a_head_alone_decides() {
        let pass = |bytes: &[u8]| Frames::default().pass(bytes, 1024);
        assert_eq!(pass(&frame(1025)[..8]), Err(Close::TooLarge));
        assert_eq!(pass(&[&[0x81, 0xff][..], &(1u64 << 40).to_be_bytes(), &[0; 4]].concat()), Err(Close::TooLarge));
        assert_eq!(pass(&[0xc1, 0x80]), Err(Close::Protocol), "a reserved bit");
        assert_eq!(pass(&[0x09, 0x81]), Err(Close::Protocol), "a ping in pieces");
        assert_eq!(pass(&[0x89, 0xfe]), Err(Close::Protocol), "a long ping");
        assert_eq!(pass(&[0x81, 0x01]), Err(Close::Protocol), "no mask");
    }
}
