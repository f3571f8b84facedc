//! parquet_damage
