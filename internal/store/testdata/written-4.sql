INSERT INTO sessions (id, dialect, scope, external_id, owner, description, tags, labels, extra, size, spec, handle, state, cause, reason, info, applied, version, created_at, ready_at, ended_at, deleted_at, active_at, idle_timeout, lifetime, idle_deadline, lifetime_deadline, statements, heartbeat_timeout, heartbeat_deadline, jobs)
VALUES ('s-glue', 'glue', '000000000000/eu-west-1', 'my ñotebook', '{"account":"000000000000","id":"AKIDEXAMPLE","arn":"arn:aws:iam::000000000000:user/ann"}', 'données', '{"team":"data"}', '{"command":"glueetl"}', '{"role":"arn:aws:iam::000000000000:role/r","command":"glueetl","glue_version":"5.0","session_type":"LIVY","timeout":2880,"idle_timeout":60}', '{"worker_type":"G.1X","workers":2,"cores_per_worker":4,"memory_mb_per_worker":16384,"units":2}', '{"id":"i-glue","runtime":"spark-3.5","app_name":"my ñotebook","language":"python","args":["--SESSION_ID","my ñotebook"],"env":{"AWS_REGION":"eu-west-1"},"conf":{"spark.sql.shuffle.partitions":"4"},"jars":["/data/a.jar"],"py_files":["/data/m.py"],"files":["/data/f.txt"],"formats":["delta"],"python_modules":["six"],"pip_options":["--no-deps"],"cores":8,"memory_mb":32768,"grants":"connections have no effect here","labels":{"dialect":"glue","external_id":"my ñotebook","session_id":"s-glue"}}', '{"version":1,"id":"i-glue"}', 'busy', '', '', '{"spark_version":"3.5.7","application_id":"local-1","ui_address":"127.0.0.1:4040","ui_secret":"secret","cores":2,"memory_mb":1024}', 4, 9, 1795802506575881, 1795802506576891, 0, 0, 1795802506581531, 3600000000, 172800000000, 0, 1795975306575881, 3, 0, 0, 0);
INSERT INTO sessions (id, dialect, scope, external_id, owner, description, tags, labels, extra, size, spec, handle, state, cause, reason, info, applied, version, created_at, ready_at, ended_at, deleted_at, active_at, idle_timeout, lifetime, idle_deadline, lifetime_deadline, statements, heartbeat_timeout, heartbeat_deadline, jobs)
VALUES ('s-livy', 'livy', 'default', '0', '{"account":"","id":"hue"}', '', '{}', '{"kind":"shared","name":"etl"}', '{"kind":"shared","name":"etl"}', '{"workers":1,"cores_per_worker":1,"memory_mb_per_worker":1024,"units":1}', '{"id":"i-livy","runtime":"spark-3.5","app_name":"etl","language":"python","driver_mb":2048,"archives":["/data/env.zip#env"],"labels":{"dialect":"livy","external_id":"0","session_id":"s-livy"}}', '{"version":1,"id":"i-livy"}', 'idle', '', '', '{"spark_version":"3.5.7","application_id":"local-1","ui_address":"127.0.0.1:4040","ui_secret":"secret","cores":2,"memory_mb":1024}', 5, 9, 1795802506580247, 1795802506581791, 0, 0, 1795802506583878, 0, 0, 0, 0, 2, 60000000, 1795802566580247, 1);
INSERT INTO sessions (id, dialect, scope, external_id, owner, description, tags, labels, extra, size, spec, handle, state, cause, reason, info, applied, version, created_at, ready_at, ended_at, deleted_at, active_at, idle_timeout, lifetime, idle_deadline, lifetime_deadline, statements, heartbeat_timeout, heartbeat_deadline, jobs)
VALUES ('s-batch', 'livy/batches', 'default', '0', '{"account":"default","id":"ann"}', '', '{}', '{"group":"etl","kind":"spark"}', '{"kind":"spark","queue":"etl","sc_type":"A"}', '{"worker_type":"A","workers":7,"cores_per_worker":1,"memory_mb_per_worker":4096,"units":8}', '{"id":"i-batch","runtime":"spark-4.1","app_name":"job","language":"","grants":"image has no meaning here","batch":{"main":"/data/job.py","args":["a b"]},"labels":{"dialect":"livy/batches","external_id":"0","session_id":"s-batch"}}', '{"version":1,"id":"i-batch"}', 'busy', '', '', '{"spark_version":"3.5.7","application_id":"local-1","ui_address":"127.0.0.1:4040","ui_secret":"secret","cores":2,"memory_mb":1024}', 1, 3, 1795802506883814, 1795802506884902, 0, 0, 1795802506884902, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO sessions (id, dialect, scope, external_id, owner, description, tags, labels, extra, size, spec, handle, state, cause, reason, info, applied, version, created_at, ready_at, ended_at, deleted_at, active_at, idle_timeout, lifetime, idle_deadline, lifetime_deadline, statements, heartbeat_timeout, heartbeat_deadline, jobs)
VALUES ('s-retried', 'dli/batches', 'p1', '0b5e', '{"account":"p1","id":"ann"}', '', '{}', '{"group":"etl","kind":"spark"}', '{"kind":"spark","queue":"etl","sc_type":"A"}', '{"worker_type":"A","workers":7,"cores_per_worker":1,"memory_mb_per_worker":4096,"units":8}', '{"id":"i-retried","runtime":"spark-4.1","app_name":"job","language":"","grants":"image has no meaning here; run again after: The Python process died: segmentation fault.","batch":{"main":"/data/job.py","args":["a b"],"retries":2},"labels":{"dialect":"dli/batches","external_id":"0b5e","session_id":"s-retried"}}', '{"version":1,"id":"i-retried"}', 'busy', '', '', '{"spark_version":"3.5.7","application_id":"local-1","ui_address":"127.0.0.1:4040","ui_secret":"secret","cores":2,"memory_mb":1024}', 1, 6, 1795802506885640, 1795802506907643, 0, 0, 1795802506907643, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO sessions (id, dialect, scope, external_id, owner, description, tags, labels, extra, size, spec, handle, state, cause, reason, info, applied, version, created_at, ready_at, ended_at, deleted_at, active_at, idle_timeout, lifetime, idle_deadline, lifetime_deadline, statements, heartbeat_timeout, heartbeat_deadline, jobs)
VALUES ('s-ended', 'glue', '000000000000/eu-west-1', 'old', '{"account":"000000000000","id":"AKIDEXAMPLE","arn":"arn:aws:iam::000000000000:user/ann"}', 'données', '{"team":"data"}', '{"command":"glueetl"}', '{"role":"arn:aws:iam::000000000000:role/r","command":"glueetl","glue_version":"5.0","session_type":"LIVY","timeout":2880,"idle_timeout":60}', '{"worker_type":"G.1X","workers":2,"cores_per_worker":4,"memory_mb_per_worker":16384,"units":2}', '{"id":"i-ended","runtime":"spark-3.5","app_name":"my ñotebook","language":"python","args":["--SESSION_ID","my ñotebook"],"env":{"AWS_REGION":"eu-west-1"},"conf":{"spark.sql.shuffle.partitions":"4"},"jars":["/data/a.jar"],"py_files":["/data/m.py"],"files":["/data/f.txt"],"formats":["delta"],"python_modules":["six"],"pip_options":["--no-deps"],"cores":8,"memory_mb":32768,"grants":"connections have no effect here","labels":{"dialect":"glue","external_id":"old","session_id":"s-ended"}}', '{"version":1,"id":"i-ended"}', 'ended', 'stopped', '', '{"spark_version":"3.5.7","application_id":"local-1","ui_address":"127.0.0.1:4040","ui_secret":"secret","cores":2,"memory_mb":1024}', 2, 5, 1795802506908407, 1795802506909014, 1795802506910062, 0, 1795802506909014, 3600000000, 172800000000, 0, 1795975306908407, 0, 0, 0, 0);
INSERT INTO session_tags (session_id, key, value)
VALUES ('s-glue', 'team', 'data');
INSERT INTO session_tags (session_id, key, value)
VALUES ('s-ended', 'team', 'data');
INSERT INTO session_labels (session_id, key, value)
VALUES ('s-glue', 'command', 'glueetl');
INSERT INTO session_labels (session_id, key, value)
VALUES ('s-ended', 'command', 'glueetl');
INSERT INTO session_labels (session_id, key, value)
VALUES ('s-retried', 'group', 'etl');
INSERT INTO session_labels (session_id, key, value)
VALUES ('s-batch', 'group', 'etl');
INSERT INTO session_labels (session_id, key, value)
VALUES ('s-livy', 'kind', 'shared');
INSERT INTO session_labels (session_id, key, value)
VALUES ('s-retried', 'kind', 'spark');
INSERT INTO session_labels (session_id, key, value)
VALUES ('s-batch', 'kind', 'spark');
INSERT INTO session_labels (session_id, key, value)
VALUES ('s-livy', 'name', 'etl');
INSERT INTO statements (session_id, number, language, code, state, status, error, result, execution_count, progress, version, created_at, started_at, completed_at, series, place)
VALUES ('s-glue', 1, 'python', 'print it''s; value 1', 'done', 'ok', 'null', '{"text/plain":"1"}', 1, 1, 3, 1795802506578681, 1795802506579740, 1795802506581064, '', 1);
INSERT INTO statements (session_id, number, language, code, state, status, error, result, execution_count, progress, version, created_at, started_at, completed_at, series, place)
VALUES ('s-glue', 2, 'python', 'hang', 'running', '', 'null', '{}', 0, 0, 2, 1795802506579260, 1795802506581531, 0, '', 2);
INSERT INTO statements (session_id, number, language, code, state, status, error, result, execution_count, progress, version, created_at, started_at, completed_at, series, place)
VALUES ('s-glue', 3, 'python', 'value 2', 'waiting', '', 'null', '{}', 0, 0, 1, 1795802506580059, 0, 0, '', 3);
INSERT INTO statements (session_id, number, language, code, state, status, error, result, execution_count, progress, version, created_at, started_at, completed_at, series, place)
VALUES ('s-livy', 1, 'python-job', 'cGlja2xlIG9uZQ==', 'done', 'ok', 'null', '{"application/vnd.hearth.python-pickle":"one"}', 1, 1, 3, 1795802506580732, 1795802506582543, 1795802506582682, 'jobs', 1);
INSERT INTO statements (session_id, number, language, code, state, status, error, result, execution_count, progress, version, created_at, started_at, completed_at, series, place)
VALUES ('s-livy', 2, 'python', 'value 3', 'done', 'ok', 'null', '{"text/plain":"3"}', 2, 1, 3, 1795802506583099, 1795802506583703, 1795802506583878, '', 1);
INSERT INTO outputs (session_id, seq, number, stream, text, data)
VALUES ('s-glue', 3, 1, 'stdout', 'it''s
', '{}');
INSERT INTO server (id, alive_at)
VALUES (1, 1795802506575062);
INSERT INTO numbers (series, next)
VALUES ('livy/sessions', 3);
INSERT INTO numbers (series, next)
VALUES ('livy/batches', 1)
