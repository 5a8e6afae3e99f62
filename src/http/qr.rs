//! QR codes, as pictures that a page shows as they are: nothing is loaded from elsewhere and nothing runs in them.
//!
//! What a telephone scans here is a secret most of the time: the picture is wiped when dropped, and no error repeats it.

use qrcode::{QrCode, render::svg::Color};
use zeroize::Zeroizing;

/// A text that no QR code of level M can hold: more than 2331 bytes, or somewhat more of capitals and digits alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct QrError;

/// The QR code of `text` as an SVG: black on white, with the four modules of white around that ISO/IEC 18004 asks for,
/// and 15 % of it may be unreadable (level M).
pub fn svg(text: &str) -> Result<Zeroizing<String>, QrError> {
    let code = QrCode::new(text).map_err(|_| QrError)?;
    let picture = code.render().dark_color(Color("#000")).light_color(Color("#fff")).quiet_zone(true).build();
    Ok(Zeroizing::new(picture))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    /// The side of the picture, and whether a point of it is black, by what the SVG says.
    fn drawn(svg: &str) -> (usize, Vec<bool>) {
        let number = |text: &str| text.parse::<usize>().unwrap();
        let head = Regex::new(r#"viewBox="0 0 ([0-9]+) ([0-9]+)" shape-rendering="crispEdges""#).unwrap();
        let side = number(&head.captures(svg).unwrap()[1]);
        assert!(svg.contains(&format!(r##"<rect x="0" y="0" width="{side}" height="{side}" fill="#fff"/>"##)));
        let mut black = vec![false; side * side];
        let path =
            Regex::new(r##"<path fill="#000" d="([^"]*)"/></svg>$"##).unwrap().captures(svg).unwrap()[1].to_owned();
        let square = Regex::new("M([0-9]+) ([0-9]+)h([0-9]+)v([0-9]+)H([0-9]+)V([0-9]+)").unwrap();
        assert_eq!(square.replace_all(&path, ""), "");
        for found in square.captures_iter(&path) {
            let at = |part: usize| number(&found[part]);
            assert_eq!((at(1), at(2)), (at(5), at(6)));
            for (x, y) in (at(1)..at(1) + at(3)).flat_map(|x| (at(2)..at(2) + at(4)).map(move |y| (x, y))) {
                black[y * side + x] = true;
            }
        }
        (side, black)
    }

    /// What a telephone would read from it.
    fn scanned(svg: &str) -> String {
        let (side, black) = drawn(svg);
        let mut picture = rqrr::PreparedImage::prepare_from_bitmap(side, side, |x, y| black[y * side + x]);
        let found = picture.detect_grids();
        assert_eq!(found.len(), 1);
        found[0].decode().unwrap().1
    }

    const ADDRESS: &str = "otpauth://totp/Bank%3A%20Z%C3%BCrich:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
                           &issuer=Bank%3A%20Z%C3%BCrich&algorithm=SHA1&digits=6&period=30";

    #[test]
    fn a_telephone_reads_the_address_that_was_drawn() {
        assert_eq!(scanned(&svg(ADDRESS).unwrap()), ADDRESS);
    }

    #[test]
    fn the_picture_stands_alone_with_white_around_it() {
        let svg = svg(ADDRESS).unwrap();
        for reference in ["script", "href", "url(", "<image", "<style", "<!", "&"] {
            assert!(!svg.contains(reference), "{reference}");
        }
        assert_eq!(svg.matches("http").count(), svg.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
        let (side, black) = drawn(&svg);
        // The first black point is the corner of the code, whose upper edge is seven modules long.
        let first = black.iter().position(|black| *black).unwrap();
        let module = black[first..].iter().take_while(|black| **black).count() / 7;
        assert_eq!((first % side, first / side), (4 * module, 4 * module));
        let (width, last) = (side - 4 * module, black.iter().rposition(|black| *black).unwrap());
        assert!(last / side < width && black.chunks(side).all(|row| row[width..].iter().all(|black| !black)));
    }

    #[test]
    fn a_text_that_no_code_can_hold_is_refused() {
        assert!(svg(&"x".repeat(2331)).is_ok());
        assert_eq!(svg(&"x".repeat(2332)).map(|_| ()), Err(QrError));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn whatever_is_drawn_is_read_again(text in "[ -~]{1,200}") {
            prop_assert_eq!(scanned(&svg(&text).unwrap()), text);
        }
    }
}
