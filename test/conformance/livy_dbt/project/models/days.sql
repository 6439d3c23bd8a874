{{ config(materialized="table", file_format="parquet", partition_by="day") }}

select count(*) as trips, sum(km) as km, max(place) as last_place, day
from {{ ref("far_trips") }}
group by day
