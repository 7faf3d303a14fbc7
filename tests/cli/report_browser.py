#!/usr/bin/env python3
"""Opens reports in a headless Chromium, narrow and wide, light and dark: it says nothing on its
console, asks for nothing, and the page is nowhere wider than the window. 77 where there is no Chromium.

Usage: report_browser.py FOLDER_OF_THE_TOOLS [FOLDER_FOR_SCREENSHOTS]
"""
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')
WIDTHS = (360, 820, 1440)
SKIPPED = 77


class Browser:
    """Chromium's debugging protocol through two pipes: JSON, a NUL after each message."""

    def __init__(self, program, profile):
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()

        def connect():
            # Descriptors 3 and 4 are where Chromium looks; the copies must not be in their way.
            read = os.dup2(to_read, 100)
            write = os.dup2(to_write, 101)
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.process = subprocess.Popen(
            [program, '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
             '--remote-debugging-pipe', '--user-data-dir=' + profile, '--no-first-run',
             '--disable-background-networking', '--host-resolver-rules=MAP * ~NOTFOUND',
             '--hide-scrollbars', 'about:blank'],
            preexec_fn=connect, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.count = 0
        self.rest = b''
        self.session = None
        self.events = []
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target,
                                 flatten=True)['sessionId']
        for domain in ('Page', 'Log', 'Runtime', 'Network'):
            self.call(domain + '.enable')

    def receive(self):
        while b'\0' not in self.rest:
            more = os.read(self.back, 1 << 20)
            assert more, 'Chromium went away'
            self.rest += more
        message, self.rest = self.rest.split(b'\0', 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.count += 1
        message = {'id': self.count, 'method': method, 'params': parameters}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.to, json.dumps(message).encode() + b'\0')
        while True:
            answer = self.receive()
            if answer.get('id') == self.count:
                assert 'error' not in answer, f'{method}: {answer}'
                return answer['result']
            self.events.append(answer)

    def wait_for(self, method):
        while not any(event.get('method') == method for event in self.events):
            self.events.append(self.receive())

    def evaluate(self, expression):
        return self.call('Runtime.evaluate', expression=expression,
                         returnByValue=True)['result']['value']

    def open(self, path, width, scheme):
        self.events = []
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=900,
                  deviceScaleFactor=1, mobile=width < 500)
        self.call('Emulation.setEmulatedMedia',
                  features=[{'name': 'prefers-color-scheme', 'value': scheme}])
        self.call('Page.navigate', url='file://' + path)
        self.wait_for('Page.loadEventFired')

    def close(self):
        os.write(self.to, json.dumps({'id': 0, 'method': 'Browser.close'}).encode() + b'\0')
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def check_events(events, path):
    for event in events:
        method = event.get('method')
        assert method not in ('Log.entryAdded', 'Runtime.consoleAPICalled',
                              'Runtime.exceptionThrown'), f'the console says: {event}'
        if method == 'Network.requestWillBeSent':
            url = event['params']['request']['url']
            assert url == 'file://' + path or url.startswith('data:'), f'it asks for {url}'


# What sticks out of the window and is in nothing that scrolls by itself.
WIDER = '''[...document.querySelectorAll("body *")].filter(e =>
    e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll,.command")
).map(e => e.tagName + " " + e.textContent.slice(0, 40)).slice(0, 5)'''


def check_page(browser, path, width, scheme):
    browser.open(path, width, scheme)
    for opened in ('', 'document.querySelectorAll("details").forEach(d => d.open = true), 0'):
        if opened:
            browser.evaluate(opened)
        inner = browser.evaluate('document.documentElement.clientWidth')
        outer = browser.evaluate('document.documentElement.scrollWidth')
        wider = browser.evaluate(WIDER)
        assert outer <= inner and not wider, f'{path} at {width}: {outer} > {inner}: {wider}'
    broken = browser.evaluate('[...document.images].filter(i => !i.naturalWidth).length')
    assert broken == 0, f'{broken} pictures do not show'
    page = browser.evaluate('getComputedStyle(document.body).backgroundColor')
    assert (page == 'rgb(255, 255, 255)') == (scheme == 'light'), f'{scheme}: {page}'
    check_events(browser.events, path)


def shoot(browser, path, width, scheme, folder):
    browser.open(path, width, scheme)
    height = browser.evaluate('document.documentElement.scrollHeight')
    picture = browser.call('Page.captureScreenshot', captureBeyondViewport=True,
                           clip={'x': 0, 'y': 0, 'width': width, 'height': height, 'scale': 1})
    name = f'{os.path.basename(path)[:-5]}-{width}-{scheme}.png'
    with open(os.path.join(folder, name), 'wb') as file:
        file.write(base64.b64decode(picture['data']))


def make_reports(tools):
    """Of pictures, with all a report has; of numbers; and of both beside each other."""
    with open('numbers.csv', 'w', encoding='utf-8') as table:
        table.write('a,b,a_target_with_a_name_much_longer_than_a_telephone_is_wide_or_high\n')
        for i in range(400):
            table.write(f'{i % 17},{i * 7 % 23},{1e5 * (i % 17) + 3e4 * (i * 7 % 23)}\n')
    runs = {'digits': ['digits', '-e', '2', '--validation', '0.1', '--hidden', '32'],
            'numbers': ['numbers.csv', '-e', '120', '--folds', '3']}
    for name, options in runs.items():
        subprocess.run([tools + '/nnfs-train', '-q', *options, '-o', 'none', '--log', name + '.jsonl',
                        '--report', name + '.html'], check=True)
    subprocess.run([tools + '/nnfs-report', 'digits.jsonl', 'numbers.jsonl', '-o', 'both.html'],
                   check=True)
    return [os.path.abspath(name) for name in ('digits.html', 'numbers.html', 'both.html')]


def main():
    program = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if not program:
        print('skipped: there is no Chromium')
        sys.exit(SKIPPED)
    signal.alarm(150)
    tools = os.path.abspath(sys.argv[1])
    pictures = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.chdir(folder)
        reports = make_reports(tools)
        browser = Browser(program, os.path.join(folder, 'profile'))
        try:
            for path in reports:
                for width in WIDTHS:
                    for scheme in ('light', 'dark'):
                        check_page(browser, path, width, scheme)
                        if pictures:
                            shoot(browser, path, width, scheme, pictures)
        finally:
            browser.close()
        print(f'{len(reports)} reports at {WIDTHS}, light and dark')
        os.chdir('/')


if __name__ == '__main__':
    main()
