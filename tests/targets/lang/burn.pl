# SPDX-License-Identifier: Apache-2.0
# burn.pl [SECONDS]: patterns, hashes, and sort with a function of its own.
use strict;
use warnings;
use Time::HiRes 'time';

sub weight {
	my ($word) = @_;
	return length($word) + ($word =~ tr/aeiou//);
}

my $end = time() + (shift // 5);
my $turns = 0;
print "ready\n";
for (; time() < $end; $turns++) {
	my %count;
	my $text = "the quick brown fox jumps over the lazy dog $turns " x 20;
	$count{$_}++ for $text =~ /\w+/g;
	$text =~ s/(\w)(\w*)/$2$1/g;
	my @sorted = sort { weight($a) <=> weight($b) || $a cmp $b } split ' ', $text;
}
print "turns $turns\n";
