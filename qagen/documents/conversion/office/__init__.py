"""What the formats of office programs share: packages of parts, formulas, charts, diagrams, counts."""
