/// The CRC-64/NVME of bytes.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>,
/// and the catalogue of CRCs for its parameters.
#[derive(Default)]
pub struct Crc64(crc64fast_nvme::Digest);

impl Crc64 {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// The sum of all bytes added.
    pub fn finish(&self) -> u64 {
        self.0.sum64()
    }

    /// The sum of something and of the `len` bytes behind it, from those of both.
    ///
    /// A CRC is linear, so what so many zeros do to the first one is a product of matrices: that
    /// for one bit, squared again and again.
    pub fn joined(first: u64, second: u64, len: u64) -> u64 {
        let mut matrix: Matrix = std::array::from_fn(|bit| match bit {
            0 => POLYNOMIAL,
            _ => 1 << (bit - 1),
        });
        // From one bit to one byte.
        for _ in 0..3 {
            matrix = squared(&matrix);
        }
        let (mut moved, mut len) = (first, len);
        while len > 0 {
            if len % 2 == 1 {
                moved = product(&matrix, moved);
            }
            matrix = squared(&matrix);
            len /= 2;
        }
        moved ^ second
    }
}

impl std::fmt::Debug for Crc64 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Crc64").field(&self.finish()).finish()
    }
}

/// What becomes of each bit.
type Matrix = [u64; 64];

fn product(matrix: &Matrix, vector: u64) -> u64 {
    let rows = (0..).zip(matrix);
    rows.fold(0, |sum, (bit, row)| sum ^ (row * (vector >> bit & 1)))
}

fn squared(matrix: &Matrix) -> Matrix {
    matrix.map(|row| product(matrix, row))
}

/// With the lowest bit first.
const POLYNOMIAL: u64 = 0x9a6c_9329_ac4b_c9b5;

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(bytes: &[u8]) -> u64 {
        let mut crc = Crc64::default();
        crc.update(bytes);
        crc.finish()
    }

    #[test]
    fn it_is_the_one_of_the_catalogue() {
        assert_eq!(sum(b"123456789"), 0xae8b_1486_0a79_9888);
        assert_eq!(sum(b""), 0);
    }

    #[test]
    fn sums_are_joined_wherever_the_whole_is_cut() {
        let bytes: Vec<u8> = (0..1000_u32).map(|n| (n * n % 251) as u8).collect();
        for at in [0, 1, 7, 64, 500, 999, 1000] {
            let (first, second) = bytes.split_at(at);
            let joined = Crc64::joined(sum(first), sum(second), second.len() as u64);
            assert_eq!(joined, sum(&bytes), "{at}");
        }
    }
}
