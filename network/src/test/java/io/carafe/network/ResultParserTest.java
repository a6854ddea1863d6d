package io.carafe.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException.InvalidArgument;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ResultParserTest {

    @Test
    void listsOfVersionOneKeepTheirOrder() {
        var result = parse("""
                {"cniVersion": "1.0.0",
                 "interfaces": [{"name": "cni0", "mac": "00:11:22:33:44:55"}, {"name": "eth0", "sandbox": "/run/netns/x"}],
                 "ips": [{"address": "fd00::2/64", "interface": 1}, {"address": "10.1.0.2/16", "gateway": "10.1.0.1", "interface": 1},
                         {"address": "10.1.0.1/16", "interface": 0}, {"address": "10.9.0.9/32"}],
                 "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0", "gw": "fd00::1"}],
                 "dns": {"nameservers": ["10.0.0.53"], "search": ["a.b"]}}
                """);
        assertEquals(List.of(ip("fd00::2"), ip("10.1.0.2"), ip("10.9.0.9")), result.podIps());
        assertEquals(Optional.of(ip("10.1.0.1")), result.ips().get(1).gateway());
        assertEquals(
                new CniResult.Route(ip("::"), 0, Optional.of(ip("fd00::1"))),
                result.routes().get(1));
        assertEquals(List.of("10.0.0.53"), result.dns().nameservers());
    }

    @Test
    void listsOfVersionZeroThreeAreTheSameWithAnAddressVersion() {
        var result = parse(
                "{\"cniVersion\": \"0.3.1\", \"ips\": [{\"version\": \"4\", \"address\": \"10.1.0.2/16\", \"interface\": -1}]}");
        assertEquals(List.of(ip("10.1.0.2")), result.podIps());
        assertEquals(16, result.ips().getFirst().prefix());
    }

    @Test
    void familiesOfTheFirstVersionsAreConverted() {
        var result = parse("""
                {"cniVersion": "0.2.0",
                 "ip4": {"ip": "10.1.0.2/16", "gateway": "10.1.0.1", "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.1"}]},
                 "ip6": {"ip": "fd00::2/64"}}
                """);
        assertEquals(List.of(ip("10.1.0.2"), ip("fd00::2")), result.podIps());
        assertEquals(1, result.routes().size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"cniVersion": "2.0.0"}                                                           | newest known
            {"cniVersion": "1.0.0", "ips": [{"address": "10.1.0.2"}]}                         | ADDRESS/PREFIX
            {"cniVersion": "1.0.0", "ips": [{"address": "10.1.0.2/33"}]}                      | 0 to 32
            {"cniVersion": "1.0.0", "ips": [{"address": "10.1.2/24"}]}                        | not an ip address
            {"cniVersion": "1.0.0", "ips": [{"address": "example.org/24"}]}                   | not an ip address
            {"cniVersion": "1.0.0", "ips": [{"address": "fe80::1%eth0/64"}]}                  | not an ip address
            {"cniVersion": "1.0.0", "ips": [{"address": "10.1.0.2/24", "interface": 1}]}      | not one of the 0
            {"cniVersion": "1.0.0", "ips": [{"address": "10.1.0.2/24", "interface": "0"}]}    | not one of the 0
            {"cniVersion": "1.0.0", "ips": {"address": "10.1.0.2/24"}}                        | must be a list
            {"cniVersion": "1.0.0", "ips": ["10.1.0.2/24"]}                                   | list of objects
            {"cniVersion": "1.0.0", "interfaces": [{"name": "../../etc"}]}                    | interface name
            {"cniVersion": "1.0.0", "routes": [{"dst": "default"}]}                           | route 'default'
            {"cniVersion": "1.0.0", "dns": {"nameservers": [1]}}                              | list of strings
            {"cniVersion": "0.2.0", "ip4": {"ip": 1}}                                         | 'ip' must be a string
            """)
    void wrongResultIsRefusedWithItsCause(String json, String cause) {
        var e = assertThrows(InvalidArgument.class, () -> parse(json));
        assertTrue(e.getMessage().contains(cause), e.getMessage());
    }

    @Test
    void endlessListsAreRefused() {
        var many = "{\"cniVersion\": \"1.0.0\", \"routes\": [" + "{\"dst\": \"0.0.0.0/0\"},".repeat(2000)
                + "{\"dst\": \"::/0\"}]}";
        assertThrows(InvalidArgument.class, () -> parse(many));
    }

    private static CniResult parse(String json) {
        return ResultParser.parse("net", CniJson.object(json));
    }

    private static InetAddress ip(String literal) {
        return InetAddress.ofLiteral(literal);
    }
}
