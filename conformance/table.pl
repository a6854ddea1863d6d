#!/usr/bin/perl
# usage: table.pl HANDLER JUNIT.xml EXPECTED.txt
#
# Prints critest's JUnit report as Markdown: the counts of each group, then what failed and was skipped, each with its
# reason. The exit code is 1 if a spec failed that EXPECTED.txt does not name (a handler or "all", a regular expression and
# its reason a line, "HANDLER: RE => REASON").
use strict;
use warnings;

my ($handler, $report, $expected) = @ARGV;
my @expected;
open my $in, '<', $expected or die "$expected: $!";
while (<$in>) {
    push @expected, [$2, $3] if /^([^#:]+):\s*(.*?)\s+=>\s+(.*)$/ && ($1 eq 'all' || $1 eq $handler);
}
open $in, '<', $report or die "$report: $!";
my $xml = do { local $/; <$in> };

sub text {
    my $t = shift;
    $t =~ s/&#xA;|\n/ /g;
    $t =~ s/&lt;/</g; $t =~ s/&gt;/>/g; $t =~ s/&quot;|&#34;/"/g; $t =~ s/&#39;|&apos;/'/g; $t =~ s/&amp;/&/g;
    $t =~ s/\|/\\|/g;
    return length $t > 300 ? substr($t, 0, 300) . '…' : $t;
}

# The first words of a spec's name; the longer before those that begin alike.
sub group_of {
    my @groups = (
        'Runtime info', 'Image Manager', 'Image Consistency', 'Image Identifier Consistency', 'PodSandbox', 'Container OOM',
        'Container Mount Propagation', 'Container Mount Readonly', 'Container', 'Streaming', 'Networking',
        'Multiple Containers', 'Idempotence', 'Security Context', 'AppArmor');
    for (@groups) { return $_ if $_[0] =~ /^\[k8s\.io\] $_\b/i }
    return 'other';
}

my (%count, %group, @rows);
while ($xml =~ m{<testcase name="([^"]*)"[^>]*?status="([^"]*)"[^>]*?(?:/>|>(.*?)</testcase>)}gs) {
    my ($name, $status, $body) = (text($1), $2, $3 // '');
    next if $name !~ /^\[It\]/; # the suite's own set-up
    $name =~ s/^\[It\] //;
    my $reason = $body =~ /<(?:failure|error|skipped) message="([^"]*)"/ ? text($1) : '';
    $reason =~ s/^skipped(?: - )?//; # with a word after it: the spec skipped itself
    if ($status =~ /^(failed|panicked|timedout|interrupted)$/) {
        my ($known) = grep { $name =~ /$_->[0]/ } @expected;
        $status = $known ? 'expected' : 'failed';
        $reason = $known->[1] if $known;
    }
    $status = 'skipped' if $status eq 'pending';
    next if $status eq 'skipped' && $reason eq ''; # not chosen for this run
    $count{$status}++;
    $group{group_of($name)}{$status}++;
    push @rows, [$status, $name, $reason] unless $status eq 'passed';
}
print "# critest with $handler\n\n";
printf "%d passed, %d failed, %d failed as expected, %d skipped\n", map { $count{$_} // 0 } qw(passed failed expected skipped);
print "\n| group | passed | failed | failed as expected | skipped |\n|---|---|---|---|---|\n";
for my $of (sort keys %group) {
    printf "| %s | %d | %d | %d | %d |\n", $of, map { $group{$of}{$_} // 0 } qw(passed failed expected skipped);
}
if (@rows) {
    print "\n| | spec | reason |\n|---|---|---|\n";
    print "| $_->[0] | $_->[1] | $_->[2] |\n" for sort { $a->[0] cmp $b->[0] || $a->[1] cmp $b->[1] } @rows;
}
exit($count{failed} ? 1 : 0);
