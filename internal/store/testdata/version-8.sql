INSERT INTO sessions (id, dialect, collection, scope, external_id, owner, owner_id, description, tags, labels, extra, size, engine, spec, instance_id, handle,
    state, cause, reason, retries, tries, last_try, info, applied, version, created_at, ready_at, ended_at, deleted_at, active_at,
    idle_timeout, lifetime, idle_deadline, lifetime_deadline, statements, heartbeat_timeout, heartbeat_deadline, kept)
VALUES ('s-live', 'glue', '', '000000000000/eu-west-1', 'my notebook', '{"account":"000000000000","id":"AKIDEXAMPLE"}', 'AKIDEXAMPLE', 'données',
    '{"team":"data"}', '{"kind":"spark"}', '{"GlueVersion":"5.0"}', '{"worker_type":"G.1X","workers":2,"units":2}', 'local',
    '{"id":"i-live","launch":{"runtime":"spark-3.5","cores":8,"conf":{"spark.driver.memory":"4g"}},"setup":{"app_name":"hearth","language":"python","conf":{"a":"b"}},"notes":["one","two"],"labels":{"dialect":"glue"}}', 'i-live', '{"pid":1}',
    'busy', '', '', 0, 0, '', '{"spark_version":"3.5.7","ui_secret":"kept"}', 7, 4,
    1772352000000000, 1772352001500000, 0, 0, 1772352010000000, 172800000000, 604800000000, 0, 1772956800000000, 3, 60000000, 1772352070000000, -1),
    ('s-batch', 'dli', 'batches', 'p1', '0b5e', '{"account":"p1","id":"someone"}', 'someone', '', '{}', '{"kind":"spark","name":"nächtlich"}', '{"kind":"spark","name":"nächtlich","queue":"q","sc_type":""}', '{"units":1}', 'local',
    '{"id":"i-batch","launch":{"runtime":"spark-4.1","batch":{"main":"/data/a.py"}},"setup":{}}', 'i-batch', '',
    'busy', '', '', 2, 1, 'The program failed.', '{}', 0, 2,
    1772352000000000, 1772352001000000, 0, 0, 1772352000000000, 0, 0, 0, 0, 0, 0, 0, 12345);
INSERT INTO session_tags (session_id, key, value) VALUES ('s-live', 'team', 'data');
INSERT INTO session_labels (session_id, key, value) VALUES ('s-live', 'kind', 'spark'), ('s-batch', 'kind', 'spark'), ('s-batch', 'name', 'nächtlich');
INSERT INTO statements (session_id, number, language, code, state, status, error, result, execution_count, progress, version,
    created_at, started_at, completed_at, series, place, external_id, description, extra)
VALUES ('s-live', 1, 'python', 'print(1/0)', 'done', 'error', '{"name":"ZeroDivisionError","value":"division by zero","traceback":["a"]}',
    '{}', 1, 1, 3, 1772352002000000, 1772352002100000, 1772352002200000, '', 1, '', '', ''),
    ('s-live', 2, 'sql', 'select 1', 'running', '', 'null', '{"text/plain":"1"}', 0, 0.25, 2, 1772352003000000, 1772352003100000, 0, '', 2,
    '8f14e45f', 'a query', '{"n":1}'),
    ('s-live', 3, 'python-job', 'gASVLg==', 'waiting', '', 'null', '{}', 0, 0, 1, 1772352004000000, 0, 0, 'jobs', 1, '', '', '');
INSERT INTO outputs (session_id, seq, number, stream, text, data)
VALUES ('s-live', 3, 1, 'stdout', 'first', '{}'), ('s-live', 5, 1, '', '', '{"text/html":"<b>1</b>"}');
INSERT INTO server (id, alive_at) VALUES (1, 1772352010000000);
INSERT INTO numbers (series, next) VALUES ('livy/sessions', 7)
