-- +goose Up
-- Specs in three parts: up to here they were flat, and the notes of a session one text. The whole
-- configuration goes to the part that decides how an instance starts.
UPDATE sessions SET spec = json_build_object(
    'id', spec::json -> 'id', 'labels', spec::json -> 'labels',
    'notes', CASE WHEN spec::json ->> 'grants' <> '' THEN json_build_array(spec::json ->> 'grants') END,
    'launch', json_build_object(
        'runtime', spec::json -> 'runtime', 'cores', spec::json -> 'cores',
        'memory_mb', spec::json -> 'memory_mb', 'driver_mb', spec::json -> 'driver_mb',
        'jars', spec::json -> 'jars', 'formats', spec::json -> 'formats',
        'archives', spec::json -> 'archives', 'conf', spec::json -> 'conf',
        'batch', spec::json -> 'batch'),
    'setup', json_build_object(
        'app_name', spec::json -> 'app_name', 'language', spec::json -> 'language',
        'args', spec::json -> 'args', 'env', spec::json -> 'env',
        'py_files', spec::json -> 'py_files', 'files', spec::json -> 'files',
        'python_modules', spec::json -> 'python_modules', 'pip_options', spec::json -> 'pip_options',
        'output_limit', spec::json -> 'output_limit'))::text;
