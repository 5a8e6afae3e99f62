-- schema.version
select max(version) as version
from refinery_schema_history
