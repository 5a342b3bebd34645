#include "net/address_guard.hpp"

#include <gtest/gtest.h>

namespace carillon::net {
namespace {

IpAddress address(std::string_view text) {
    const auto parsed = IpAddress::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(IpAddress{});
}

TEST(IpAddress, ReadsAndWritesCanonicalForms) {
    struct Case {
        std::string text;
        std::string want;
        bool v6;
    };

    const Case cases[] = {
        {"0.0.0.0", "0.0.0.0", false},
        {"127.0.0.1", "127.0.0.1", false},
        {"255.255.255.255", "255.255.255.255", false},
        {"::", "::", true},
        {"::1", "::1", true},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", true},
        {"::ffff:10.0.0.1", "10.0.0.1", false},
        {"::ffff:7f00:1", "127.0.0.1", false},
        {"::10.0.0.1", "::10.0.0.1", true},
        {"64:ff9b::8.8.8.8", "64:ff9b::808:808", true},
    };
    for (const Case& c : cases) {
        const auto parsed = IpAddress::parse(c.text);
        ASSERT_TRUE(parsed) << c.text;
        EXPECT_EQ(parsed->to_string(), c.want);
        EXPECT_EQ(parsed->v6, c.v6) << c.text;
    }
}

TEST(IpAddress, RefusesOddSpellings) {
    const std::string cases[] = {
        "",
        "localhost",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f.0.0.1",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.1.",
        ".127.0.0.1",
        "127..0.1",
        "127.0.0.256",
        "127.0.0.1000",
        "1.2.3.4.5",
        "1.2.3",
        "1.2.3.-4",
        "1.2.3.+4",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.4x",
        "[::1]",
        "::1%lo",
        "fe80::1%eth0",
        ":::",
        "1::2::3",
        "12345::",
        "::g",
        "::1.2.3",
        "::ffff:1.2.3.256",
        std::string("::1\0", 4),
        std::string("127.0.0.1\0x", 11),
    };
    for (const std::string& text : cases) {
        const auto parsed = IpAddress::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, Errc::invalid);
    }
}

TEST(IpRange, ContainsByPrefix) {
    struct Case {
        std::string range;
        std::string inside;
        std::string outside;
    };

    const Case cases[] = {
        {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
        {"10.1.2.3/8", "10.0.0.0", "9.255.255.255"},
        {"172.16.0.0/12", "172.31.255.255", "172.32.0.0"},
        {"100.64.0.0/10", "100.127.255.255", "100.128.0.0"},
        {"192.0.2.1", "192.0.2.1", "192.0.2.2"},
        {"192.0.2.1/32", "192.0.2.1", "192.0.2.0"},
        {"0.0.0.0/0", "8.8.8.8", "::1"},
        {"::/0", "2001:db8::1", "8.8.8.8"},
        {"fc00::/7", "fdff::1", "fe00::1"},
        {"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
        {"::ffff:10.0.0.0/104", "10.1.1.1", "11.1.1.1"},
        {"::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"},
    };
    for (const Case& c : cases) {
        const auto range = IpRange::parse(c.range);
        ASSERT_TRUE(range) << c.range;
        EXPECT_TRUE(range->contains(address(c.inside))) << c.range;
        EXPECT_FALSE(range->contains(address(c.outside))) << c.range;
    }
}

TEST(IpRange, SeesThroughMappedAddressesThatWereNotFolded) {
    IpAddress mapped;
    mapped.v6 = true;
    mapped.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
    EXPECT_TRUE(IpRange::parse("10.0.0.0/8")->contains(mapped));
    EXPECT_FALSE(AddressGuard().allows(mapped));
}

TEST(IpRange, RefusesBadText) {
    for (const std::string text : {"",
                                   "/",
                                   "10.0.0.0/",
                                   "10.0.0.0/33",
                                   "10.0.0.0/-1",
                                   "10.0.0.0/8x",
                                   "10.0.0.0/+8",
                                   "::/129",
                                   "10/8",
                                   "host/8",
                                   "10.0.0.0/8/8",
                                   "::ffff:10.0.0.0/8",
                                   "10.0.0.0 /8"}) {
        const auto range = IpRange::parse(text);
        ASSERT_FALSE(range) << text;
        EXPECT_EQ(range.error().code, Errc::invalid);
    }
}

TEST(AddressGuard, DeniesEverythingThatIsNotPublic) {
    const std::string_view cases[] = {
        // IPv4, with both ends of each range.
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.192",
        "192.0.2.0",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.255",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        // IPv6.
        "::",
        "::1",
        "::2",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "100:0:0:1::1",
        "200::1",
        "1000::1",
        "2001::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:1::1",
        "2001:db8::1",
        "3fff::1",
        "3fff:fff::1",
        "4000::1",
        "5f00::1",
        "8000::1",
        "e000::1",
        "fc00::1",
        "fd00:ec2::254",
        "fdff::1",
        "fe00::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        // 6to4, Teredo (server, then inverted client) and ISATAP forms of private addresses.
        "2002:7f00:1::1",
        "2002:a00:1::",
        "2002:c0a8:101::",
        "2002:a9fe:a9fe::",
        "2001:0:a00:1:0:0:f7f7:f7f7",
        "2001:0:808:808:0:0:80ff:fffe",
        "2607:f8b0::5efe:10.0.0.1",
        "2607:f8b0::200:5efe:127.0.0.1",
        "2001:db8::5efe:8.8.8.8",
        "fe80::5efe:8.8.8.8",
        "::5efe:8.8.8.8",
        "64:ff9b:1::5efe:808:808",
    };
    const AddressGuard guard;
    for (const std::string_view text : cases) {
        EXPECT_FALSE(guard.allows(address(text))) << text;
        const auto checked = guard.check(address(text));
        ASSERT_FALSE(checked) << text;
        EXPECT_EQ(checked.error().code, Errc::denied);
    }
}

TEST(AddressGuard, AllowsPublicAddresses) {
    const std::string_view cases[] = {
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "2001:4860:4860::8888",
        "2000::1",
        "3ffe::1",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "2001:0:808:808:0:0:f7f7:f7f7",
        "::ffff:8.8.8.8",
        "2607:f8b0::5efe:8.8.8.8",
    };
    const AddressGuard guard;
    for (const std::string_view text : cases) {
        const auto checked = guard.check(address(text));
        EXPECT_TRUE(checked) << text << ": " << (checked ? "" : checked.error().message);
    }
}

TEST(AddressGuard, AllowsWhatItIsTold) {
    const auto guard = AddressGuard::parse(" 127.0.0.0/8 , 10.1.0.0/16,::1");
    ASSERT_TRUE(guard);
    for (const std::string_view text : {"127.0.0.1",
                                        "10.1.255.255",
                                        "::1",
                                        "::ffff:127.0.0.1",
                                        "64:ff9b::127.0.0.1",
                                        "8.8.8.8"}) {
        EXPECT_TRUE(guard->allows(address(text))) << text;
    }
    for (const std::string_view text : {"10.2.0.0", "169.254.169.254", "fd00::1", "192.168.0.1"}) {
        EXPECT_FALSE(guard->allows(address(text))) << text;
    }
}

TEST(AddressGuard, ReadsLists) {
    EXPECT_TRUE(AddressGuard::parse(""));
    EXPECT_TRUE(AddressGuard::parse("  "));
    EXPECT_FALSE(AddressGuard::parse("")->allows(address("127.0.0.1")));
    for (const std::string_view text :
         {",", "10.0.0.0/8,", ",10.0.0.0/8", "a", "10.0.0.0/8,,::1"}) {
        EXPECT_FALSE(AddressGuard::parse(text)) << text;
    }
}

TEST(AddressGuard, SaysWhatTheAddressIsAndHowToAllowIt) {
    const auto loopback = AddressGuard().check(address("127.0.0.1"));
    EXPECT_EQ(loopback.error().message,
              "127.0.0.1 is a loopback address, which may not be called; allow it with "
              "--allow-targets 127.0.0.0/8");
    const auto metadata = AddressGuard().check(address("169.254.169.254"));
    EXPECT_NE(metadata.error().message.find("metadata"), std::string::npos);
    const auto nat64 = AddressGuard().check(address("64:ff9b::10.0.0.1"));
    EXPECT_NE(nat64.error().message.find("leads to 10.0.0.1"), std::string::npos);
}

}  // namespace
}  // namespace carillon::net
