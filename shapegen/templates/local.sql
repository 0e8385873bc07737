-- The local database, one table and one view per shape. The runtime creates them as they are needed.
{%- for shape in shapes %}

-- {{ shape.name }}
{{ shape.ddl.table }};
{%- for index in shape.ddl.indexes %}
{{ index }};
{%- endfor %}
{{ shape.ddl.view }};
{%- endfor %}
