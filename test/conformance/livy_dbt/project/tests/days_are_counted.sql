-- What is in one of the two and not in the other.
with expected as (
  select * from values
    (2, 1015, 'Odesa', date'2026-03-01'),
    (1, 362, 'Uzhhorod, "west"', date'2026-03-02') as t(trips, km, last_place, day)
)
(select * from expected except select * from {{ ref("days") }})
union all
(select * from {{ ref("days") }} except select * from expected)
