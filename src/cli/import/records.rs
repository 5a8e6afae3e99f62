//! Records of a CSV file (RFC 4180), one at a time, each with the line that it begins on, and none larger than a bound:
//! whatever the bytes are, memory stays small.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use csv_core::{ReadRecordResult, Reader};

/// The longest record, in bytes of its fields.
pub(super) const LONGEST: usize = 16 * 1024;
/// Fields that are kept of a record; one more than any file has that is not refused.
const MOST_FIELDS: usize = 16;
/// What some programs put before UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// One record.
pub(super) struct Record {
    /// The line that it begins on, from 1.
    pub(super) line: u64,
    /// The line that it ends on.
    pub(super) last_line: u64,
    /// What it says.
    pub(super) fields: Fields,
}

/// The fields of a record.
pub(super) enum Fields {
    /// All of them.
    Whole(Vec<Vec<u8>>),
    /// More bytes than a record may have: nothing was kept.
    TooLong,
    /// More fields than any file may have: nothing was kept.
    TooMany,
}

/// Reads records.
pub(super) struct Records<R> {
    input: BufReader<Chain<Cursor<Vec<u8>>, R>>,
    parser: Reader,
    text: Vec<u8>,
    ends: [usize; MOST_FIELDS],
    /// The line that the next byte stands on.
    line: u64,
    /// Whether the last byte was a line's end, and the part of one that may go on: CR before LF.
    last_byte: u8,
    /// Bytes read so far.
    bytes: u64,
}

impl<R: Read> Records<R> {
    /// The records of `input`; a byte order mark before them is passed over.
    pub(super) fn of(mut input: R) -> io::Result<Self> {
        let mut head = Vec::new();
        input.by_ref().take(3).read_to_end(&mut head)?;
        if head == BYTE_ORDER_MARK {
            head.clear();
        }
        Ok(Self {
            input: BufReader::new(Cursor::new(head).chain(input)),
            parser: Reader::new(),
            text: vec![0; LONGEST],
            ends: [0; MOST_FIELDS],
            line: 1,
            last_byte: 0,
            bytes: 0,
        })
    }

    /// Bytes of the input that were read so far, the mark not counted.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next record that is no blank line; `None` behind the last.
    pub(super) fn read(&mut self) -> io::Result<Option<Record>> {
        self.pass_over_line_ends()?;
        let line = self.line;
        let (mut written, mut ended) = (0, 0);
        let (mut too_long, mut too_many) = (false, false);
        loop {
            let result = self.parse(&mut written, &mut ended)?;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => (too_long, written) = (true, 0),
                ReadRecordResult::OutputEndsFull => (too_many, ended) = (true, 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
            }
        }
        let fields = match (too_long, too_many) {
            (true, _) => Fields::TooLong,
            (false, true) => Fields::TooMany,
            (false, false) => Fields::Whole(self.fields(ended)),
        };
        let at_line_end = matches!(self.last_byte, b'\n' | b'\r');
        Ok(Some(Record { line, last_line: self.line - u64::from(at_line_end && self.line > line), fields }))
    }

    /// Hands the parser what there is. An empty piece is the end of the input.
    fn parse(&mut self, written: &mut usize, ended: &mut usize) -> io::Result<ReadRecordResult> {
        let input = self.input.fill_buf()?;
        let text = self.text.get_mut(*written..).unwrap_or_default();
        let ends = self.ends.get_mut(*ended..).unwrap_or_default();
        let (result, read, wrote, met) = self.parser.read_record(input, text, ends);
        *written += wrote;
        *ended += met;
        self.consume(read)?;
        Ok(result)
    }

    /// Blank lines, and what is left of the line's end that the record before had.
    fn pass_over_line_ends(&mut self) -> io::Result<()> {
        loop {
            let input = self.input.fill_buf()?;
            let blank = input.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
            if blank == 0 {
                return Ok(());
            }
            self.consume(blank)?;
        }
    }

    /// Counts the lines of `read` bytes. CR LF is one end of a line.
    fn consume(&mut self, read: usize) -> io::Result<()> {
        for byte in self.input.fill_buf()?.iter().take(read) {
            let ends = *byte == b'\r' || *byte == b'\n' && self.last_byte != b'\r';
            self.line += u64::from(ends);
            self.last_byte = *byte;
        }
        self.input.consume(read);
        self.bytes += read as u64;
        Ok(())
    }

    fn fields(&self, count: usize) -> Vec<Vec<u8>> {
        let mut begin = 0;
        let mut fields = Vec::with_capacity(count);
        for end in self.ends.iter().take(count) {
            fields.push(self.text.get(begin..*end).unwrap_or_default().to_vec());
            begin = *end;
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a byte at a time, as a pipe may.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let (Some((first, rest)), Some(to)) = (self.0.split_first(), out.first_mut()) else { return Ok(0) };
            *to = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn read(text: &[u8]) -> Vec<(u64, u64, Option<Vec<String>>)> {
        let collect = |input: Box<dyn Read + '_>| {
            let (mut records, mut found) = (Records::of(input).unwrap(), Vec::new());
            while let Some(Record { line, last_line, fields }) = records.read().unwrap() {
                let text = |field: &Vec<u8>| String::from_utf8(field.clone()).unwrap();
                let fields =
                    if let Fields::Whole(fields) = fields { Some(fields.iter().map(text).collect()) } else { None };
                found.push((line, last_line, fields));
            }
            found
        };
        let at_once = collect(Box::new(text));
        assert_eq!(at_once, collect(Box::new(Drops(text))), "however the bytes come");
        at_once
    }

    fn of(fields: &[&str]) -> Vec<String> {
        fields.iter().map(|field| (*field).to_owned()).collect()
    }

    #[test]
    fn each_record_knows_the_line_it_begins_on() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "", "c,\"d", "e\"", "f,g"].join(end);
            let broken = format!("d{end}e");
            let expected =
                vec![(1, 1, Some(of(&["a", "b"]))), (4, 5, Some(of(&["c", &broken]))), (6, 6, Some(of(&["f", "g"])))];
            assert_eq!(read(text.as_bytes()), expected, "{end:?}");
            assert_eq!(read((text + end).as_bytes()), expected, "{end:?} at the end");
        }
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_also_before_a_quotation_mark() {
        assert_eq!(read(b"\xEF\xBB\xBF\"a\",b\n"), [(1, 1, Some(of(&["a", "b"])))]);
        assert_eq!(read(b"\xEF\xBB\xBF"), []);
        assert_eq!(read(b"ab"), [(1, 1, Some(of(&["ab"])))]);
    }

    #[test]
    fn what_is_too_long_is_passed_over_and_the_next_record_is_read() {
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(read(format!("{long},{long}\na\n").as_bytes()), [(1, 1, None), (2, 2, Some(of(&["a"])))]);
        let never_closed = format!("a\n\"b\n{}", "c,d\n".repeat(LONGEST));
        let lines = 2 + LONGEST as u64;
        assert_eq!(read(never_closed.as_bytes()), [(1, 1, Some(of(&["a"]))), (2, lines, None)]);
        assert_eq!(read(format!("{}\na\n", ",".repeat(40)).as_bytes()), [(1, 1, None), (2, 2, Some(of(&["a"])))]);
    }
}
