//! A file as spreadsheets write it: its encoding and its delimiter, recognised by themselves. Read as a stream.

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};
use std::{
    cell::Cell,
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
    rc::Rc,
};

/// Most bytes that one row may take: behind a quote that nobody closes lies the rest of the file.
const LONGEST_ROW: usize = 1 << 20;
const BUFFER: usize = 64 << 10;

/// A file whose way of writing is known.
pub struct Source {
    pub encoding: &'static Encoding,
    pub delimiter: u8,
    pub bytes: u64,
}

/// How far a reading is.
#[derive(Default)]
pub struct Meter {
    /// Bytes of the file.
    pub read: Cell<u64>,
    /// Bytes of text since the last row.
    pub since: Cell<usize>,
}

impl Source {
    pub fn recognise(path: &Path) -> io::Result<Self> {
        Self::of(|| File::open(path), path.metadata()?.len())
    }

    /// Looks at all bytes once, without keeping them: only so it is sure that they are UTF-8. `open` begins anew.
    pub fn of<R: Read>(open: impl Fn() -> io::Result<R>, bytes: u64) -> io::Result<Self> {
        let encoding = encoding(open()?)?;
        let mut start = Vec::new();
        Decoded::new(open()?, encoding, Rc::default()).take(BUFFER as u64).read_to_end(&mut start)?;
        Ok(Self { encoding, delimiter: delimiter(&start), bytes })
    }

    /// The rows, the header first.
    pub fn rows<R: Read>(&self, bytes: R) -> (csv::Reader<impl Read + use<R>>, Rc<Meter>) {
        let meter = Rc::<Meter>::default();
        let text = Decoded::new(bytes, self.encoding, meter.clone());
        let rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(self.delimiter).from_reader(text);
        (rows, meter)
    }
}

/// UTF-16 by its mark, UTF-8 if every byte of the file says so, else Windows-1251.
fn encoding(file: impl Read) -> io::Result<&'static Encoding> {
    let mut file = BufReader::with_capacity(BUFFER, file);
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; BUFFER]);
    let (mut marked, mut first) = (false, true);
    // Signs of several bytes that are right, bytes that are not, and the place of the first of these.
    let (mut right, mut wrong, mut place, mut offset) = (0_u64, 0_u64, None, 0_u64);
    loop {
        let read = file.read(&mut chunk)?;
        bytes.extend_from_slice(&chunk[..read]);
        if std::mem::take(&mut first) {
            match bytes.get(..2) {
                Some([0xff, 0xfe]) => return Ok(UTF_16LE),
                Some([0xfe, 0xff]) => return Ok(UTF_16BE),
                _ => marked = bytes.starts_with(b"\xef\xbb\xbf"),
            }
        }
        let mut rest = &bytes[..];
        loop {
            let (valid, broken) = match std::str::from_utf8(rest) {
                Ok(text) => (text.len(), None),
                Err(fault) => (fault.valid_up_to(), Some(fault.error_len())),
            };
            right += rest[..valid].iter().filter(|byte| **byte >= 0xc0).count() as u64;
            offset += valid as u64;
            rest = &rest[valid..];
            let skip = match broken {
                None => break,
                // The rest of a sign may come with the next bytes.
                Some(None) if read > 0 => break,
                Some(None) => rest.len(),
                Some(Some(length)) => length,
            };
            place.get_or_insert(offset);
            wrong += skip as u64;
            offset += skip as u64;
            rest = &rest[skip..];
        }
        bytes = rest.to_vec();
        if read == 0 {
            break;
        }
    }
    match place {
        None => Ok(UTF_8),
        // Read as Windows-1251 it would be recorded as nonsense.
        Some(place) if marked || right > wrong => {
            Err(io::Error::new(io::ErrorKind::InvalidData, format!("it is UTF-8 that is broken at byte {}", place + 1)))
        }
        Some(_) => Ok(WINDOWS_1251),
    }
}

/// What stands between the cells of the first row most often, outside of quotes.
fn delimiter(start: &[u8]) -> u8 {
    let (mut counts, mut quoted) = ([0; 3], false);
    const SIGNS: [u8; 3] = [b',', b';', b'\t'];
    for byte in start.iter().skip_while(|byte| byte.is_ascii_whitespace()) {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            sign => {
                if let Some(which) = SIGNS.iter().position(|other| other == sign) {
                    counts[which] += 1;
                }
            }
        }
    }
    let best = (0..3).rev().max_by_key(|which| counts[*which]).unwrap_or_default();
    SIGNS[best]
}

/// Text in UTF-8 from bytes of any encoding.
struct Decoded<R> {
    bytes: R,
    decoder: Decoder,
    buffer: Vec<u8>,
    text: Vec<u8>,
    /// How much of the text was given out.
    given: usize,
    ended: bool,
    meter: Rc<Meter>,
}

impl<R: Read> Decoded<R> {
    fn new(bytes: R, encoding: &'static Encoding, meter: Rc<Meter>) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { bytes, decoder, buffer: vec![0; BUFFER], text: Vec::new(), given: 0, ended: false, meter }
    }

    fn more(&mut self) -> io::Result<()> {
        let read = self.bytes.read(&mut self.buffer)?;
        self.ended = read == 0;
        self.meter.read.set(self.meter.read.get() + read as u64);
        // Room for whatever the bytes may become, so that one step takes them all.
        self.text.resize(self.decoder.max_utf8_buffer_length(read).unwrap_or(4 * BUFFER), 0);
        let (_, _, written, _) = self.decoder.decode_to_utf8(&self.buffer[..read], &mut self.text, self.ended);
        self.text.truncate(written);
        self.given = 0;
        let since = self.meter.since.get() + written;
        self.meter.since.set(since);
        if since > LONGEST_ROW + 4 * BUFFER {
            let why = format!("a row is longer than {LONGEST_ROW} bytes: is a quote not closed?");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.more()?;
        }
        let length = out.len().min(self.text.len() - self.given);
        out[..length].copy_from_slice(&self.text[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}
