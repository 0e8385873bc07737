//! inet, cidr, macaddr and macaddr8.

use std::cmp::Ordering;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use super::ValueError;

/// An address with the length of its network's prefix: `10.0.0.1`, `10.0.0.1/24`, `2001:db8::1/64`.
///
/// Ordered as PostgreSQL orders them: IPv4 first, then by network, prefix and host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inet {
    /// The address.
    pub address: IpAddr,
    /// How many leading bits are the network's: at most 32 or 128. All of them are when the text names none.
    pub prefix: u8,
}

/// A network: `10.0.0.0/24`, `2001:db8::/32`. PostgreSQL allows no bits behind the prefix, and neither does reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    /// The network's first address.
    pub address: IpAddr,
    /// How many leading bits are the network's: at most 32 or 128.
    pub prefix: u8,
}

/// A MAC address of six bytes: `08:00:2b:01:02:03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacAddr(pub [u8; 6]);

/// A MAC address of eight bytes: `08:00:2b:01:02:03:04:05`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacAddr8(pub [u8; 8]);

by_display!(Inet, Cidr, MacAddr, MacAddr8);

impl std::str::FromStr for Inet {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (address, prefix) = network(text).ok_or_else(|| ValueError::invalid("inet", text))?;
        Ok(Self { address, prefix })
    }
}

impl std::str::FromStr for Cidr {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match network(text) {
            Some((address, prefix)) if host_bits(address, prefix) == 0 => Ok(Self { address, prefix }),
            _ => Err(ValueError::invalid("cidr", text)),
        }
    }
}

impl fmt::Display for Inet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_address(self.address, f)?;
        if self.prefix == width(self.address) { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_address(self.address, f)?;
        write!(f, "/{}", self.prefix)
    }
}

impl Ord for Inet {
    fn cmp(&self, other: &Self) -> Ordering {
        compare((self.address, self.prefix), (other.address, other.prefix))
    }
}

impl PartialOrd for Inet {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cidr {
    fn cmp(&self, other: &Self) -> Ordering {
        compare((self.address, self.prefix), (other.address, other.prefix))
    }
}

impl PartialOrd for Cidr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address.parse().ok()?, Some(prefix)),
        None => (text.parse().ok()?, None),
    };
    let width = width(address);
    let prefix = match prefix {
        // `parse` would take a sign, too.
        Some(prefix) if prefix.bytes().all(|digit| digit.is_ascii_digit()) => prefix.parse().ok()?,
        Some(_) => return None,
        None => width,
    };
    (prefix <= width).then_some((address, prefix))
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address as a number whose leading bits are the address's, whatever its family.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// What of the address lies behind the prefix.
fn host_bits(address: IpAddr, prefix: u8) -> u128 {
    number(address).checked_shl(u32::from(prefix)).unwrap_or(0)
}

/// The leading bits alone, as a number.
fn leading(address: IpAddr, bits: u8) -> u128 {
    number(address).checked_shr(128 - u32::from(bits.min(128))).unwrap_or(0)
}

fn compare(left: (IpAddr, u8), right: (IpAddr, u8)) -> Ordering {
    let shared = left.1.min(right.1);
    (left.0.is_ipv6().cmp(&right.0.is_ipv6()))
        .then_with(|| leading(left.0, shared).cmp(&leading(right.0, shared)))
        .then_with(|| left.1.cmp(&right.1))
        .then_with(|| number(left.0).cmp(&number(right.0)))
}

/// As Rust prints it, but for the IPv6 addresses whose end PostgreSQL shows as IPv4: `::1.2.3.4`.
fn print_address(address: IpAddr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let IpAddr::V6(address) = address
        && let Ok(low @ 0x1_0000..) = u32::try_from(address.to_bits())
    {
        return write!(f, "::{}", Ipv4Addr::from_bits(low));
    }
    write!(f, "{address}")
}

macro_rules! mac {
    ($name:ident, $pg_type:literal) => {
        impl std::str::FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                bytes(text).map(Self).ok_or_else(|| ValueError::invalid($pg_type, text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for (at, byte) in self.0.iter().enumerate() {
                    write!(f, "{}{byte:02x}", if at == 0 { "" } else { ":" })?;
                }
                Ok(())
            }
        }
    };
}

mac!(MacAddr, "macaddr");
mac!(MacAddr8, "macaddr8");

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut parts = text.split(':');
    let mut bytes = [0; N];
    for byte in &mut bytes {
        let digits = parts.next()?;
        if digits.len() != 2 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Cell;
    use crate::value::PgValue;

    #[test]
    fn addresses_are_ordered_as_postgresql_orders_them() {
        let ascending = [
            "0.0.0.0/0",
            "9.0.0.0/8",
            "10.0.0.0/8",
            "10.0.0.1/8",
            "10.0.0.0/24",
            "10.0.0.1/24",
            "10.0.0.0",
            "10.0.0.1",
            "::/0",
            "::1",
            "2001:db8::/32",
            "2001:db8::",
        ]
        .map(|text| text.parse::<Inet>().unwrap());
        assert!(ascending.is_sorted_by(|left, right| left < right), "{ascending:?}");
    }

    #[test]
    fn a_snapshot_names_the_whole_prefix_and_the_log_does_not() {
        let value = Inet::decode(Cell::text("10.0.0.1/32")).unwrap();
        assert_eq!(Inet::decode(Cell::text("10.0.0.1")), Ok(value));
        assert_eq!(value.text(), Cell::text("10.0.0.1"));
    }

    #[test]
    fn what_is_no_address_is_an_error() {
        for text in ["", "10.0.0", "10.0.0.1/33", "10.0.0.1/+8", "10.0.0.1/", "::/129", "x"] {
            assert!(text.parse::<Inet>().is_err(), "{text}");
        }
        for text in ["10.0.0.1/24", "2001:db8::1/32"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
        for text in
            ["", "08:00:2b:01:02", "08:00:2b:01:02:03:04", "8:0:2b:1:2:3", "08-00-2b-01-02-03", "+8:00:2b:01:02:03"]
        {
            assert!(text.parse::<MacAddr>().is_err(), "{text}");
        }
    }
}
