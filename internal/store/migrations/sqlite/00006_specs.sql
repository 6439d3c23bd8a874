-- +goose Up
-- Specs in three parts: up to here they were flat, and the notes of a session one text. The whole
-- configuration goes to the part that decides how an instance starts.
UPDATE sessions SET spec = json_object(
    'id', spec -> '$.id', 'labels', spec -> '$.labels',
    'notes', CASE WHEN spec ->> '$.grants' <> '' THEN json_array(spec ->> '$.grants') END,
    'launch', json_object(
        'runtime', spec -> '$.runtime', 'cores', spec -> '$.cores',
        'memory_mb', spec -> '$.memory_mb', 'driver_mb', spec -> '$.driver_mb',
        'jars', spec -> '$.jars', 'formats', spec -> '$.formats', 'archives', spec -> '$.archives',
        'conf', spec -> '$.conf', 'batch', spec -> '$.batch'),
    'setup', json_object(
        'app_name', spec -> '$.app_name', 'language', spec -> '$.language', 'args', spec -> '$.args',
        'env', spec -> '$.env', 'py_files', spec -> '$.py_files', 'files', spec -> '$.files',
        'python_modules', spec -> '$.python_modules', 'pip_options', spec -> '$.pip_options',
        'output_limit', spec -> '$.output_limit'));
