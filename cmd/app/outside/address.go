package outside

import "net/netip"

// globalIPv6 is all of IPv6 that is routed between networks; loopback, ::a.b.c.d, ::ffff:a.b.c.d, NAT64 (64:ff9b::), unique local, link
// local and multicast lie outside of it.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

// special are the ranges that are not public (IANA's special-purpose registries of IPv4 and IPv6), and those inside 2000::/3 that carry
// an IPv4 address within.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	"2001::/23" /* Teredo and others */, "2001:db8::/32", "2002::/16" /* 6to4 */, "3fff::/20",
)

// metadata are where clouds tell their machines secrets: they are never fetched, whoever allows it. 100.100.100.200 is Alibaba's,
// fd00:ec2::254 Amazon's, 168.63.129.16 Azure's; the others are link-local.
var metadata = prefixes("169.254.0.0/16", "fe80::/10", "100.100.100.200/32", "fd00:ec2::254/128", "168.63.129.16/32")

// inside are the ranges of private networks, where an operator may allow single hosts.
var inside = prefixes(
	"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "fc00::/7", "::1/128",
)

func prefixes(all ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(all))
	for i, s := range all {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func in(a netip.Addr, ranges []netip.Prefix) bool {
	for _, p := range ranges {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// public tells whether a, unmapped already, may be dialled for a stranger.
func public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" || a.Is6() && !globalIPv6.Contains(a) {
		return false
	}
	return !in(a, special) && !in(a, metadata)
}

// private tells whether a may be dialled for a host that the operator allows by name.
func private(a netip.Addr) bool {
	return a.IsValid() && a.Zone() == "" && !in(a, metadata) && (in(a, inside) || public(a))
}
