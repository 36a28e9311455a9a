//! The lines of an import.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cli::Failure;

/// A longer line is refused without being read. An account with everything has less than a thousand bytes.
pub(super) const LONGEST: usize = 64 * 1024;

/// Bytes that a line may have where many are read ahead: the memory that they take together stays bounded.
const USUAL: usize = 1024;

/// One line, which may hold secrets in the clear.
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its text; nothing if it is longer than [`LONGEST`].
    pub(super) text: Option<Zeroizing<Vec<u8>>>,
}

/// A file or standard input, a line after the other.
pub(super) struct Lines {
    from: Box<dyn BufRead + Send>,
    path: PathBuf,
    total: Option<u64>,
    read: u64,
}

impl Lines {
    /// Opens it, and counts the lines if it is a file.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let (from, total): (Box<dyn BufRead + Send>, _) = if path == Path::new("-") {
            (Box::new(BufReader::new(io::stdin())), None)
        } else {
            let (file, total) = counted(path).map_err(|error| unreadable(path, &error))?;
            (Box::new(BufReader::with_capacity(1 << 18, file)), total)
        };
        Ok(Self { from, path: path.to_owned(), total, read: 0 })
    }

    /// How many there are, if that is known.
    pub(super) const fn total(&self) -> Option<u64> {
        self.total
    }

    /// The next lines that are not blank, at most so many, and fewer if they are long; none at the end.
    pub(super) fn next(&mut self, most: usize) -> Result<Vec<Line>, Failure> {
        let (mut lines, mut bytes) = (Vec::with_capacity(most), 0);
        while lines.len() < most && bytes < most * USUAL {
            match self.line().map_err(|error| unreadable(&self.path, &error))? {
                None => break,
                Some(line) if line.text.as_ref().is_some_and(|text| text.is_empty()) => {}
                Some(line) => {
                    bytes += line.text.as_ref().map_or(0, |text| text.len());
                    lines.push(line);
                }
            }
        }
        Ok(lines)
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        let mut text = Zeroizing::new(Vec::with_capacity(512));
        let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX) + 1;
        if self.from.by_ref().take(limit).read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        self.read += 1;
        let whole = text.last() == Some(&b'\n');
        if !whole && text.len() > LONGEST {
            self.from.skip_until(b'\n')?;
            return Ok(Some(Line { number: self.read, text: None }));
        }
        let length = text.trim_ascii_end().len();
        text.truncate(length);
        Ok(Some(Line { number: self.read, text: Some(text) }))
    }
}

/// An open file, and how many lines it has; what cannot be read twice, as a pipe, is not counted.
fn counted(path: &Path) -> io::Result<(File, Option<u64>)> {
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Ok((file, None));
    }
    let (mut lines, mut last) = (0, b'\n');
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(end) = buffer[..read].last() else { break };
        last = *end;
        lines += buffer[..read].iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
    }
    file.rewind()?;
    Ok((file, Some(lines + u64::from(last != b'\n'))))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Failed(format!("{} cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<u64>, Vec<(u64, Option<String>)>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lines");
        std::fs::write(&path, text).expect("written");
        let mut lines = Lines::open(&path).unwrap_or_else(|failure| panic!("{failure}"));
        let (total, mut all) = (lines.total(), Vec::new());
        loop {
            let some = lines.next(2).unwrap_or_else(|failure| panic!("{failure}"));
            if some.is_empty() {
                return (total, all);
            }
            let text = |text: Zeroizing<Vec<u8>>| String::from_utf8(text.to_vec()).expect("text");
            all.extend(some.into_iter().map(|line| (line.number, line.text.map(text))));
        }
    }

    #[test]
    fn lines_keep_their_numbers() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read(""), (Some(0), vec![]));
        assert_eq!(read("a\r\n\n \nb"), (Some(4), vec![(1, some("a")), (4, some("b"))]));
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(read(&format!("{long}\nb\n")), (Some(2), vec![(1, None), (2, some("b"))]));
        let longest = &long[1..];
        assert_eq!(read(&format!("{longest}\nb")), (Some(2), vec![(1, some(longest)), (2, some("b"))]));
    }
    #[test]
    fn fewer_are_read_ahead_where_they_are_long() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lines");
        std::fs::write(&path, format!("{}\n", "x".repeat(6000)).repeat(5)).expect("written");
        let mut lines = Lines::open(&path).unwrap_or_else(|failure| panic!("{failure}"));
        let mut next = || lines.next(10).unwrap_or_else(|failure| panic!("{failure}")).len();
        assert_eq!([next(), next(), next(), next()], [2, 2, 1, 0]);
    }
}
