#!/usr/bin/perl
# usage: table.pl EXPECTED.txt FILE...
#
# Prints as Markdown what each program said of each runtime, whose name its FILE has: lines "PROGRAM<tab>pass", or in place of
# pass what failed. The exit code is 1 if a program failed with the first runtime that EXPECTED.txt does not name (a line
# "PROGRAM => REASON" each).
use strict;
use warnings;

my ($expected, @files) = @ARGV;
my (%reason, %said, @runtimes);
open my $in, '<', $expected or die "$expected: $!";
while (<$in>) {
    $reason{$1} = $2 if /^([^#].*?)\s+=>\s+(.*)$/;
}
for my $file (@files) {
    my ($runtime) = $file =~ m{([^/]+)$};
    push @runtimes, $runtime;
    open $in, '<', $file or die "$file: $!";
    while (<$in>) {
        chomp;
        my ($program, $words) = split /\t/, $_, 2;
        $words =~ s/\|/\\|/g;
        $said{$program}{$runtime} = $words;
    }
}
my $failed = 0;
print "# runtime-tools\n\n| runtime | passed | failed |\n|---|---|---|\n";
for my $runtime (@runtimes) {
    my $passed = grep { ($said{$_}{$runtime} // '') eq 'pass' } keys %said;
    printf "| %s | %d | %d |\n", $runtime, $passed, keys(%said) - $passed;
}
printf "\n| program | %s | why it fails with %s |\n|---|%s---|\n", join(' | ', @runtimes), $runtimes[0], '---|' x @runtimes;
for my $program (sort keys %said) {
    my $first = $said{$program}{$runtimes[0]};
    my $why = $first eq 'pass' ? '' : ($reason{$program} // "**not expected:** $first");
    $failed = 1 if $first ne 'pass' && !$reason{$program};
    printf "| %s | %s | %s |\n", $program, join(' | ', map { ($said{$program}{$_} // '') eq 'pass' ? 'pass' : 'fail' } @runtimes), $why;
}
exit $failed;
