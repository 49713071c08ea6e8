#!/usr/bin/env python3
"""crowd.py - one client watches a URL on a kept connection, while a crowd does something beside it.

    crowd.py watch --url=URL --seconds=N [--every-ms=5] [--source=ADDRESS] [--token=TEXT] [--beside=KIND …]

The crowd is another process. KIND is one of
    ask     --clients=N --urls="URL URL …"   each asks them in turn, as fast as it is answered (N connections)
    flood   --clients=N --urls=URL --rate=R  all of them together R requests a second
    open    --clients=N --urls=URL           connections that send nothing
    half    --clients=N --urls=URL           each sends half a head, and a byte of it every 5 s
    slow    --clients=N --urls=URL           each announces a body of 60,000 bytes and sends a byte every second
A connection of the crowd that the server ends is opened again, at most 500 a second. --from=ADDRESS gives
the crowd's own loopback address. Prints one JSON object: latencies of the watch in microseconds (a new
connection for every 50th request is part of them), how many failed, and what the crowd met. Loopback
addresses only; bounded by --seconds and --clients (20,000 at most).
"""
import argparse
import asyncio
import ipaddress
import json
import multiprocessing
import resource
import socket
import time
from urllib.parse import urlsplit

GIVE_UP_S = 10.0


def target(url):
    parts = urlsplit(url)
    assert parts.scheme == 'http' and ipaddress.ip_address(parts.hostname).is_loopback, url
    path = parts.path + ('?' + parts.query if parts.query else '')
    return parts.hostname, parts.port, path or '/'


class Client:
    def __init__(self, host, port, source=None, token=None):
        self.where, self.source, self.token = (host, port), source, token
        self.reader = self.writer = None

    async def open(self):
        local = (self.source, 0) if self.source else None
        self.reader, self.writer = await asyncio.wait_for(
            asyncio.open_connection(*self.where, local_addr=local), GIVE_UP_S)

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None

    async def _exchange(self, path):
        key = f'Authorization: Bearer {self.token}\r\n' if self.token else ''
        self.writer.write(f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}\r\n'.encode())
        head = (await self.reader.readuntil(b'\r\n\r\n')).decode('latin-1').lower()
        status = int(head.split(' ', 2)[1])
        length = head.split('content-length:', 1)[1].split('\r\n', 1)[0]
        await self.reader.readexactly(int(length))
        if 'connection: close' in head:
            self.close()
        return status

    async def get(self, path):
        if self.writer is None:
            await self.open()
        try:
            return await asyncio.wait_for(self._exchange(path), GIVE_UP_S)
        except BaseException:
            self.close()
            raise


# ---- the crowd

class Crowd:
    def __init__(self, o, ready, done, met):
        self.o, self.ready, self.done, self.met = o, ready, done, met
        self.urls = [target(u) for u in o.urls.split()]
        self.opening = asyncio.Semaphore(64)
        self.waiting = o.clients
        self.answers, self.lost, self.by_status = 0, 0, {}
        self.next_open = 0.0

    def arrived(self):
        self.waiting -= 1
        if self.waiting == 0:
            self.ready.set()

    async def pace(self):
        """At most 500 connections a second once all are there."""
        if self.waiting > 0:
            return
        now = time.monotonic()
        self.next_open = max(now, self.next_open) + 0.002
        await asyncio.sleep(self.next_open - now)

    async def opened(self, i):
        host, port, path = self.urls[i % len(self.urls)]
        client = Client(host, port, self.o.crowd_from, self.o.crowd_token)
        await self.pace()
        async with self.opening:
            await client.open()
        return client, path

    async def count(self, client, path):
        try:
            status = await client.get(path)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            self.lost += 1
            await self.pace()
            return
        self.answers += 1
        self.by_status[status] = self.by_status.get(status, 0) + 1

    async def ask(self, i):
        client, _ = await self.opened(i)
        self.arrived()
        while not self.done.is_set():
            await self.count(client, self.urls[i % len(self.urls)][2])
            i += 1

    async def flood(self, i):
        every = self.o.clients / self.o.rate
        client, path = await self.opened(i)
        self.arrived()
        at = time.monotonic() + every * i / self.o.clients
        while not self.done.is_set():
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            at = max(at + every, time.monotonic() - every)
            await self.count(client, path)

    async def hold(self, i, first, byte, pause):
        """Opens, sends `first`, then a byte now and then; again when the server has ended it."""
        arrived = False
        while not self.done.is_set():
            try:
                client, path = await self.opened(i)
                client.writer.write(first.replace(b'PATH', path.encode()))
                if not arrived:
                    self.arrived()
                    arrived = True
                while not self.done.is_set():
                    try:
                        data = await asyncio.wait_for(client.reader.read(512), pause)
                        if not data:
                            break
                    except asyncio.TimeoutError:
                        client.writer.write(byte)
                client.close()
            except (OSError, asyncio.TimeoutError):
                pass
            if not arrived:  # refused from the begin: it has tried
                self.arrived()
                arrived = True
            self.lost += 1

    async def run(self):
        body = b'POST PATH HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{'
        kinds = {
            'ask': self.ask,
            'flood': self.flood,
            'open': lambda i: self.hold(i, b'', b'', 3600),
            'half': lambda i: self.hold(i, b'GET PATH HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ', b'a', 5),
            'slow': lambda i: self.hold(i, body, b' ', 1),
        }
        tasks = [asyncio.ensure_future(kinds[self.o.beside](i)) for i in range(self.o.clients)]
        began = time.monotonic()
        while not self.done.is_set():
            await asyncio.sleep(0.05)
        took = time.monotonic() - began
        for t in tasks:
            t.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.met.put({'beside_per_s': round(self.answers / took), 'beside_status': self.by_status, 'beside_ended': self.lost})


def crowd(o, ready, done, met):
    async def main():
        await Crowd(o, ready, done, met).run()

    asyncio.run(main())


# ---- the one who watches

async def watch(o):
    host, port, path = target(o.url)
    client = Client(host, port, o.source, o.token)
    took, failed, fresh = [], 0, []
    until = time.monotonic() + o.seconds
    n = 0
    while time.monotonic() < until:
        if n % 50 == 0:
            client.close()
        began = time.monotonic()
        try:
            ok = await client.get(path) == o.want
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            ok = False
        us = int((time.monotonic() - began) * 1e6)
        took.append(us)
        if n % 50 == 0:
            fresh.append(us)
        failed += not ok
        n += 1
        await asyncio.sleep(max(0.0, o.every_ms / 1000 - (time.monotonic() - began)))
    took.sort()
    fresh.sort()
    return {'asked': n, 'failed': failed, 'p50_us': took[n // 2], 'p99_us': took[n * 99 // 100], 'worst_us': took[-1],
            'fresh_p99_us': fresh[len(fresh) * 99 // 100]}


def main():
    p = argparse.ArgumentParser()
    p.add_argument('what', choices=['watch'])
    p.add_argument('--url', required=True)
    p.add_argument('--seconds', type=float, default=5)
    p.add_argument('--every-ms', type=float, default=5)
    p.add_argument('--want', type=int, default=200)
    p.add_argument('--source')
    p.add_argument('--token')
    p.add_argument('--beside', choices=['ask', 'flood', 'open', 'half', 'slow'])
    p.add_argument('--clients', type=int, default=1)
    p.add_argument('--urls', default='')
    p.add_argument('--rate', type=float, default=1)
    p.add_argument('--from', dest='crowd_from')
    p.add_argument('--crowd-token')
    o = p.parse_args()
    assert 1 <= o.clients <= 20000 and o.seconds <= 120
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    result = {}
    if o.beside:
        ready, done, met = multiprocessing.Event(), multiprocessing.Event(), multiprocessing.Queue()
        other = multiprocessing.Process(target=crowd, args=(o, ready, done, met))
        other.start()
        ready.wait(60)
        result.update(asyncio.run(watch(o)))
        done.set()
        result.update(met.get(timeout=60))
        other.join()
    else:
        result.update(asyncio.run(watch(o)))
    print(json.dumps(result))


if __name__ == '__main__':
    main()
