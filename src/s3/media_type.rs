//! What a name says about content.

/// The media type of what has such a name, by its extension; capital letters do not matter.
///
/// Source: the IANA registry of media types, and for those that are not in it what web servers and
/// the Python `mimetypes` module have.
pub fn media_type(name: &str) -> Option<&'static str> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let (stem, extension) = name.rsplit_once('.')?;
    if stem.is_empty() {
        return None;
    }
    let extension = extension.to_ascii_lowercase();
    let row = TYPES
        .iter()
        .find(|(extensions, _)| extensions.split(' ').any(|known| known == extension));
    row.map(|(_, media_type)| *media_type)
}

/// Extensions, and what they mean.
const TYPES: &[(&str, &str)] = &[
    ("html htm", "text/html"),
    ("css", "text/css"),
    ("js mjs", "text/javascript"),
    ("json map", "application/json"),
    ("jsonl ndjson", "application/x-ndjson"),
    ("geojson", "application/geo+json"),
    ("webmanifest", "application/manifest+json"),
    ("xml xsl xsd rdf wsdl", "application/xml"),
    ("xhtml", "application/xhtml+xml"),
    ("rss", "application/rss+xml"),
    ("atom", "application/atom+xml"),
    ("txt text log conf ini cfg", "text/plain"),
    ("md markdown", "text/markdown"),
    ("csv", "text/csv"),
    ("tsv", "text/tab-separated-values"),
    ("ics", "text/calendar"),
    ("vcf", "text/vcard"),
    ("vtt", "text/vtt"),
    ("yaml yml", "application/yaml"),
    ("toml", "application/toml"),
    ("sql", "application/sql"),
    ("rtf", "application/rtf"),
    ("sh", "application/x-sh"),
    ("py", "text/x-python"),
    ("c h", "text/x-c"),
    ("tex", "application/x-tex"),
    ("eml", "message/rfc822"),
    ("jpg jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("svg svgz", "image/svg+xml"),
    ("ico", "image/vnd.microsoft.icon"),
    ("bmp", "image/bmp"),
    ("tif tiff", "image/tiff"),
    ("psd", "image/vnd.adobe.photoshop"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("aac", "audio/aac"),
    ("ogg oga opus", "audio/ogg"),
    ("flac", "audio/flac"),
    ("wav", "audio/x-wav"),
    ("aif aiff", "audio/x-aiff"),
    ("mid midi", "audio/midi"),
    ("mp4 m4v", "video/mp4"),
    ("webm", "video/webm"),
    ("ogv", "video/ogg"),
    ("mpg mpeg", "video/mpeg"),
    ("mov qt", "video/quicktime"),
    ("avi", "video/x-msvideo"),
    ("mkv", "video/x-matroska"),
    ("m2ts", "video/mp2t"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("mpd", "application/dash+xml"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("ttf", "font/ttf"),
    ("otf", "font/otf"),
    ("eot", "application/vnd.ms-fontobject"),
    ("pdf", "application/pdf"),
    ("ps eps ai", "application/postscript"),
    ("epub", "application/epub+zip"),
    ("doc", "application/msword"),
    ("xls", "application/vnd.ms-excel"),
    ("ppt", "application/vnd.ms-powerpoint"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("gz tgz", "application/gzip"),
    ("bz2 tbz2", "application/x-bzip2"),
    ("xz txz", "application/x-xz"),
    ("zst tzst", "application/zstd"),
    ("zip", "application/zip"),
    ("tar", "application/x-tar"),
    ("7z", "application/x-7z-compressed"),
    ("rar", "application/vnd.rar"),
    ("jar", "application/java-archive"),
    ("apk", "application/vnd.android.package-archive"),
    ("deb", "application/vnd.debian.binary-package"),
    ("rpm", "application/x-rpm"),
    ("iso", "application/x-iso9660-image"),
    ("wasm", "application/wasm"),
    ("parquet", "application/vnd.apache.parquet"),
    ("avro", "application/vnd.apache.avro"),
    ("arrow feather", "application/vnd.apache.arrow.file"),
    ("nc", "application/x-netcdf"),
    ("h5 hdf5", "application/x-hdf5"),
    ("sqlite sqlite3 db", "application/vnd.sqlite3"),
    ("bin exe dll so o a dmg img", "application/octet-stream"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_last_extension_counts() {
        for (name, expected) in [
            ("index.html", Some("text/html")),
            ("a/b/Photo.JPG", Some("image/jpeg")),
            ("backup.tar.gz", Some("application/gzip")),
            ("d.html/readme", None),
            (".html", None),
            ("x.", None),
            ("x.html ", None),
            ("x.jpg jpeg", None),
            ("", None),
        ] {
            assert_eq!(media_type(name), expected, "{name:?}");
        }
    }

    #[test]
    fn every_extension_is_there_once() {
        let mut seen = HashSet::new();
        for (extensions, media_type) in TYPES {
            assert_eq!(media_type.matches('/').count(), 1, "{media_type}");
            for extension in extensions.split(' ') {
                assert_eq!(extension, extension.to_ascii_lowercase());
                assert!(seen.insert(extension), "{extension}");
            }
        }
    }
}
