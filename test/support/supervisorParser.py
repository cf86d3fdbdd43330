"""Reads configuration texts with supervisor's own parser, for as long as stdin lasts.

In: a line of JSON, a list of texts. Out: a line of JSON, a list with one reading for each text:
{"error": …} or {"sections": {section: {option: raw value}}, "groups": [{"name", "priority",
"processes": [{attribute: value}]}]}. Each text is read as an included file, as at `reread`.
The only argument is a directory of our own.
"""
import json
import os
import sys

from supervisor import datatypes, options

root = sys.argv[1]
included = os.path.join(root, 'conf.d', 'app.conf')
main = os.path.join(root, 'supervisord.conf')
os.makedirs(os.path.dirname(included))
with open(main, 'w') as file:
    file.write('[supervisord]\nchildlogdir=%s\n[include]\nfiles=conf.d/*.conf\n' % root)

output = open(included, 'wb')

server = options.ServerOptions()
server.configfile = main
attributes = options.ProcessConfig.req_param_names + options.ProcessConfig.optional_param_names


def plain(value):
    if value is datatypes.Automatic:
        return {'special': 'AUTO'}
    if value is datatypes.RestartUnconditionally:
        return 'true'
    if value is datatypes.RestartWhenExitUnexpected:
        return 'unexpected'
    return value


def read(text):
    # Cut off behind the text, not emptied before it: file systems flush what was emptied.
    output.seek(0)
    output.write(text.encode('utf-8', 'surrogatepass'))
    output.truncate()
    output.flush()
    # As rereading does it, apart from exiting.
    server.environ_expansions = {'ENV_%s' % k: v for k, v in os.environ.items()}
    server.process_config(do_usage=False)
    raw = options.UnhosedConfigParser()
    raw.read(included)
    groups = [
        {
            'name': group.name,
            'priority': group.priority,
            'processes': [
                {name: plain(getattr(process, name)) for name in attributes}
                for process in group.process_configs
            ],
        }
        for group in server.process_group_configs
    ]
    return {'sections': {each: dict(raw.items(each)) for each in raw.sections()}, 'groups': groups}


def answer(text):
    try:
        return read(text)
    except Exception as error:
        return {'error': '%s: %s' % (type(error).__name__, str(error)[:300])}


for line in sys.stdin:
    print(json.dumps([answer(text) for text in json.loads(line)]), flush=True)
