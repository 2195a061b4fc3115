select key_outcomes(:part::int, :waits::boolean);
