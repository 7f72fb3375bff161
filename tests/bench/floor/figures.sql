select p.place, t.name, p.month, p.amount
from mistok.published(array['CASES_OPENED'], '', 'REGION', date '2025-01-01', date '2025-12-01') p join territory t on t.code = p.place
