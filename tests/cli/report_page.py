#!/usr/bin/env python3
"""Checks of the report that need no browser: it is well-formed, names from data stay text, nothing in
it points elsewhere, and every picture is described.

Usage: report_page.py FOLDER_OF_THE_TOOLS
"""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

HOSTILE = ['<script>alert(1)</script>', 'a&b"c\'d', ']]><img src=x onerror=alert(1)>', 'caf\u00e9 \u732b']


def make_table(path):
    """A table whose classes and columns are with awkward names."""
    with open(path, 'w', encoding='utf-8') as table:
        table.write('x,y,"<b>z</b>"\n')
        for i in range(200):
            name = HOSTILE[i % 4].replace('"', '""')
            table.write(f'{i % 4 + i * 0.001},{i * 7 % 5},"{name}"\n')


def spoil(lines):
    """The log with letters that XML does not have, numbers out of any range, and a forged picture."""
    events = [json.loads(line) for line in lines]
    for event in events:
        if event['event'] == 'start':
            event['command'] = 'nnfs-train \u0001\ufffe\u0000 </code><script>'.replace('\0', '')
        if event['event'] == 'epoch':
            event['train_loss'] = 1e308 if event['epoch'] == 1 else -1e-308
            event['lr'] = None
        if event['event'] == 'evaluation':
            event['mistakes'] = [{'row': 1, 'truth': '<i>', 'predicted': '&', 'probability': 1,
                                  'png': 'AAAA" onerror="alert(1)'}]
    return [json.dumps(event) for event in events]


def check(path):
    with open(path, encoding='utf-8') as page:
        text = page.read()
    root = ElementTree.fromstring(text.split('\n', 1)[1])
    assert not list(root.iter('script')), 'a script'
    for word in ('http:', 'https:', 'url(', '@import', '//'):
        assert word not in text, f'{word} in the page'
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith('on'), f'{name} in <{element.tag}>'
            assert name not in ('src', 'href') or value.startswith('data:'), value
    drawings = [svg for svg in root.iter('svg') if svg.get('role') == 'img']
    for svg in drawings:
        assert svg.find('title') is not None and svg.find('desc') is not None, 'not described'
    for number in ('NaN', 'nan', 'inf', 'Infinity'):
        assert f'"{number}' not in text and f' {number}"' not in text, f'{number} is drawn'
    for parent in root.iter():
        assert parent.tag == 'details' or parent.find('summary') is None, f'<{parent.tag}> does not fold'
    for figure in root.iter('figure'):
        assert figure.find('.//table') is not None, 'a figure without its numbers'
    return drawings, text


def main():
    tools = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_table('hostile.csv')
        subprocess.run([tools + '/nnfs-train', '-q', '--preset', 'plain', 'hostile.csv', '-e', '600', '-b', '64', '-t', '1',
                        '--hidden', '4', '--folds', '2', '-o', 'none', '--log', 'run.jsonl',
                        '--report', 'run.html'], check=True)
        drawings, text = check('run.html')
        assert len(drawings) >= 6, f'{len(drawings)} drawings'
        assert '&lt;script&gt;alert(1)&lt;/script&gt;' in text, 'the name of a class is lost'
        lines = max(element.get('d').count('L') for svg in drawings
                    for element in svg.iter('path') if 'line' in element.get('class', ''))
        assert lines <= 500, f'{lines} points on a line'
        with open('run.jsonl', encoding='utf-8') as log:
            spoilt = spoil(log.read().splitlines())
        with open('spoilt.jsonl', 'w', encoding='utf-8') as log:
            log.write('\n'.join(spoilt) + '\n')
        subprocess.run([tools + '/nnfs-report', 'spoilt.jsonl', '-o', 'spoilt.html'], check=True)
        check('spoilt.html')
        subprocess.run([tools + '/nnfs-report', 'run.jsonl', 'spoilt.jsonl', '-o', 'two.html'],
                       check=True)
        check('two.html')
        print(f'{len(drawings)} drawings, at most {lines} points on a line')


if __name__ == '__main__':
    main()
