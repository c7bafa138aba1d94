#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Holds back until baton has switched to it: written by baton-program(7) alone, one request at a time, without a module that is not
# Perl's own. In watch.conf's Env, SICK=1 makes /healthz a 500.
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use Socket;

my $state = $ENV{BATON_HOLD} ? 'held' : 'serving';
my $told_to_end = 0;
$SIG{TERM} = sub { $told_to_end = 1 };
$SIG{PIPE} = 'IGNORE';

open(my $public, '+<&=', 3) or die "taking the socket: $!";
my $private = IO::Socket::UNIX->new(Local => $ENV{BATON_PRIVATE_SOCKET}, Listen => 16) or die "the private socket: $!";

sub ask_the_link {
    exit 1 if (readlink($ENV{BATON_LIVE}) // '') !~ m{(?:^|/)\Q$ENV{BATON_RELEASE}\E$};
    $state = 'serving';
}

my $baton;
if ($state eq 'held') {
    my $fd = syscall(434, int $ENV{BATON_HOLD}, 0);    # pidfd_open(2), which has this number on every architecture
    if ($fd >= 0) { open($baton, '<&=', $fd) or die "watching baton: $!" }
    elsif ($!{ESRCH}) { ask_the_link() }
}

sub reply {
    my ($is_private, $method, $path) = @_;
    if ($is_private && "$method $path" eq 'POST /.baton/accept') { $state = 'serving'; return ('204 No Content', '') }
    return ('200 OK', qq({"release":"$ENV{BATON_RELEASE}","pid":$$,"invocation":null,"state":"$state"})) if $is_private && $path eq '/.baton/state';
    return ($ENV{SICK} && $path eq '/healthz' ? '500 Sick' : '200 OK', qq({"message":"hello","ver":"$ENV{BATON_VER}","pid":"$$"}));
}

sub answer {
    my ($client, $is_private) = @_;
    setsockopt($client, SOL_SOCKET, SO_RCVTIMEO, pack('l!l!', 1, 0));
    my $request = '';
    while ($request !~ /\r\n\r\n/) {
        my $read = sysread($client, $request, 4096, length $request);
        return if !$read && !(!defined $read && $!{EINTR});    # SIGTERM interrupts it
    }
    my ($status, $body) = reply($is_private, split(' ', $request, 3));
    syswrite($client, "HTTP/1.1 $status\r\nConnection: close\r\nContent-Length: " . length($body) . "\r\n\r\n$body");
}

socket(my $manager, AF_UNIX, SOCK_DGRAM, 0) or die "saying READY=1: $!";
connect($manager, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) or die "saying READY=1: $!";
send($manager, 'READY=1', 0);
until ($told_to_end) {
    my $wanted = IO::Select->new($private, $state eq 'serving' ? $public : (), $state eq 'held' && $baton ? $baton : ());
    for my $ready ($wanted->can_read(0.1)) {
        if ($baton && $ready == $baton) { ask_the_link() if $state eq 'held' }
        elsif (accept(my $client, $ready)) { answer($client, $ready == $private) }
    }
}
exit 0;    # one at a time: nothing is in flight
