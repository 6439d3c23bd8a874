{{ config(enabled=var("strict", false)) }}

select no_such_column from {{ ref("trips") }}
