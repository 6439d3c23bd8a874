select id, place, km, day
from {{ ref("trips") }}
where km > {{ var("far", 300) }}
