//! Whether what a provider sent is a picture that can be shown, as PNG.
//!
//! A picture that is too small, too large, broken or of another format is an outage: a provider that answers what is no
//! answer. A picture that is black all over is how some models hide what their filter caught, so it is moderation.
//! A PNG of the size that is shown is kept byte for byte; any other size, JPEG and WebP become one. It never mends a picture.

use crate::failure::Failure;
use crate::paint::SIDE_PX;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The least a painted picture has: below, it is an error page or an empty canvas.
pub(super) const PICTURE_BYTES_MIN: usize = 10 * 1024;
/// The most a picture may have.
pub(super) const PICTURE_BYTES_MAX: usize = 10 * 1024 * 1024;
const SIDE_MIN: u32 = 256;
/// More is a bomb: no drawing model we order from paints larger.
const SIDE_MAX: u32 = 4096;
const DECODED_BYTES_MAX: u64 = 4 * (SIDE_MAX as u64) * (SIDE_MAX as u64);

/// The picture as PNG of the size that is shown, if it can be shown. What is not square is cut at its longer sides.
///
/// # Errors
/// [`Failure::Moderation`] for a black picture, [`Failure::Outage`] for anything else that cannot be shown.
pub(super) async fn picture(bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    // Decoding a large picture takes tens of milliseconds, too long for a thread that others wait for.
    match tokio::task::spawn_blocking(move || inspected(bytes)).await {
        Ok(picture) => picture,
        Err(_) => Err(no_picture("its decoder gave up".to_owned())),
    }
}

/// Whether the picture has no background: its four corners are clear.
///
/// # Errors
/// [`Failure::Outage`] if it cannot be decoded.
#[cfg(feature = "openai")]
pub(super) async fn is_cut_out(png: Vec<u8>) -> Result<bool, Failure> {
    let corners = tokio::task::spawn_blocking(move || {
        let pixels = decoded(&png, ImageFormat::Png)?.to_rgba8();
        let (right, bottom) = (pixels.width().saturating_sub(1), pixels.height().saturating_sub(1));
        let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)];
        Ok(corners.iter().all(|&(x, y)| pixels.get_pixel_checked(x, y).is_some_and(|pixel| pixel.0[3] == 0)))
    });
    let seen: image::ImageResult<bool> = corners.await.map_err(|_| no_picture("its decoder gave up".to_owned()))?;
    seen.map_err(|error| no_picture(format!("it cannot be decoded: {error}")))
}

fn inspected(bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if bytes.len() > PICTURE_BYTES_MAX {
        return Err(no_picture(format!("it has {} bytes, at most {PICTURE_BYTES_MAX} are allowed", bytes.len())));
    }
    let format = match image::guess_format(&bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => format,
        Ok(other) => return Err(no_picture(format!("it is {other:?}; PNG, JPEG and WebP are allowed"))),
        Err(_) => return Err(no_picture(format!("it begins with {}", start(&bytes)))),
    };
    let picture = decoded(&bytes, format).map_err(|error| no_picture(format!("it cannot be decoded: {error}")))?;
    if is_black(&picture) {
        return Err(Failure::Moderation { reason: "the picture is black all over".into() });
    }
    if bytes.len() < PICTURE_BYTES_MIN {
        return Err(no_picture(format!("it has {} bytes, at least {PICTURE_BYTES_MIN} are expected", bytes.len())));
    }
    let (width, height) = (picture.width(), picture.height());
    if width < SIDE_MIN || height < SIDE_MIN {
        return Err(no_picture(format!("it is {width}x{height}, at least {SIDE_MIN}x{SIDE_MIN} is expected")));
    }
    match (format, (width, height) == (SIDE_PX, SIDE_PX)) {
        (ImageFormat::Png, true) => Ok(bytes),
        (_, true) => as_png(&picture),
        (_, false) => as_png(&sized(&picture)),
    }
}

/// The picture in the size that is shown. Colours are weighed by how opaque they are: what lies below clear pixels (often
/// black) must not bleed into the edge of a cut-out.
fn sized(picture: &DynamicImage) -> DynamicImage {
    let mut pixels = picture.to_rgba32f();
    for pixel in pixels.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        pixel.0 = [red * alpha, green * alpha, blue * alpha, alpha];
    }
    let filled = DynamicImage::ImageRgba32F(pixels).resize_to_fill(SIDE_PX, SIDE_PX, FilterType::CatmullRom);
    let mut pixels = filled.to_rgba32f();
    for pixel in pixels.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        let part = |colour: f32| if alpha > 0.0 { (colour / alpha).clamp(0.0, 1.0) } else { 0.0 };
        pixel.0 = [part(red), part(green), part(blue), alpha.clamp(0.0, 1.0)];
    }
    DynamicImage::ImageRgba8(DynamicImage::ImageRgba32F(pixels).to_rgba8())
}

fn decoded(bytes: &[u8], format: ImageFormat) -> image::ImageResult<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    reader.decode()
}

fn is_black(picture: &DynamicImage) -> bool {
    // A cut-out is clear where its background was, and clear pixels often are black underneath.
    let pixels = picture.to_rgba8();
    pixels.pixels().all(|pixel| matches!(pixel.0, [0, 0, 0, 255]))
}

fn as_png(picture: &DynamicImage) -> Result<Vec<u8>, Failure> {
    let mut png = Vec::new();
    match picture.write_to(&mut Cursor::new(&mut png), ImageFormat::Png) {
        Ok(()) => Ok(png),
        Err(error) => Err(no_picture(format!("it cannot be written as PNG: {error}"))),
    }
}

fn no_picture(why: String) -> Failure {
    Failure::Outage { what: format!("what it sent cannot be used as a picture: {why}").into() }
}

/// The first bytes, readable: a page of text shows itself.
fn start(bytes: &[u8]) -> String {
    let some = bytes.get(..24).unwrap_or(bytes);
    format!("\"{}\"", some.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::Dice;
    use image::{Rgba, RgbaImage};

    fn noise(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut dice = Dice::new(1, "noise");
        let pixels = RgbaImage::from_fn(width, height, |_, _| {
            let [red, green, blue, ..] = dice.next().to_le_bytes();
            Rgba([red, green, blue, 255])
        });
        written(DynamicImage::ImageRgba8(pixels), format)
    }

    fn written(picture: DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = if format == ImageFormat::Jpeg { picture.to_rgb8().into() } else { picture };
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    fn outage(bytes: Vec<u8>) -> String {
        match inspected(bytes) {
            Err(Failure::Outage { what }) => what.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_png_is_kept_byte_for_byte() {
        let png = noise(SIDE_PX, SIDE_PX, ImageFormat::Png);
        assert!(inspected(png.clone()).unwrap() == png);
    }

    #[test]
    fn every_size_and_format_becomes_a_png_of_the_size_that_is_shown() {
        for (width, height, format) in [
            (SIDE_PX, SIDE_PX, ImageFormat::Jpeg),
            (SIDE_PX, SIDE_PX, ImageFormat::WebP),
            (300, 280, ImageFormat::Jpeg),
            (1024, 1024, ImageFormat::Png),
            (600, 400, ImageFormat::WebP),
        ] {
            let png = inspected(noise(width, height, format)).unwrap();
            let again = decoded(&png, ImageFormat::Png).unwrap();
            assert_eq!((again.width(), again.height()), (SIDE_PX, SIDE_PX), "{width}x{height} {format:?}");
        }
    }

    #[test]
    fn a_resized_cut_out_stays_clear_outside_and_bright_at_its_edge() {
        let side = 2 * SIDE_PX;
        let cut = RgbaImage::from_fn(side, side, |x, _| match x < side / 2 - 1 {
            true => Rgba([0, 255, 0, 0]),
            false => Rgba([250, 20, 230, 255]),
        });
        let small = sized(&cut.into()).to_rgba8();
        assert_eq!(small.get_pixel(0, 0).0[3], 0);
        assert_eq!(small.get_pixel(SIDE_PX - 1, SIDE_PX - 1).0, [250, 20, 230, 255]);
        for pixel in small.pixels().filter(|pixel| pixel.0[3] > 16) {
            assert!(pixel.0[0] > 235 && pixel.0[1] < 40, "what is clear bled into {pixel:?}");
        }
    }

    #[test]
    fn what_cannot_be_shown_is_an_outage_that_says_why() {
        assert!(outage(b"<html>busy</html>".to_vec()).contains("it begins with \"<html>busy"));
        assert!(outage(b"GIF89a rest".to_vec()).contains("it is Gif; PNG, JPEG and WebP are allowed"));
        assert!(outage(Vec::new()).contains("it begins with \"\""));
        assert!(outage(noise(300, 200, ImageFormat::Png)).contains("it is 300x200, at least 256x256"));
        assert!(outage(vec![0; PICTURE_BYTES_MAX + 1]).contains("at most 10485760"));
        let grey = RgbaImage::from_pixel(512, 512, Rgba([9, 9, 9, 255]));
        assert!(outage(written(grey.into(), ImageFormat::Png)).contains("at least 10240 are expected"));
    }

    #[test]
    fn a_picture_that_breaks_off_is_an_outage() {
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            let mut bytes = noise(256, 256, format);
            bytes.truncate(bytes.len() / 2);
            assert!(outage(bytes).contains("cannot be decoded"), "{format:?}");
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let wide = RgbaImage::new(SIDE_MAX + 1, 1);
        assert!(outage(written(wide.into(), ImageFormat::Png)).contains("cannot be decoded"));
    }

    #[test]
    fn a_black_picture_is_moderation_and_a_clear_one_is_not() {
        let black = written(RgbaImage::from_pixel(512, 512, Rgba([0, 0, 0, 255])).into(), ImageFormat::Png);
        assert!(matches!(inspected(black), Err(Failure::Moderation { .. })));
        let clear = written(RgbaImage::new(512, 512).into(), ImageFormat::Png);
        assert!(outage(clear).contains("bytes, at least"));
    }

    #[tokio::test]
    async fn it_works_beside_others() {
        assert!(picture(noise(256, 256, ImageFormat::Png)).await.is_ok());
    }
}
