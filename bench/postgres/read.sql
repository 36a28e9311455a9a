\set n random(1, :among)
SELECT record FROM accounts WHERE id = id_of(:n);
