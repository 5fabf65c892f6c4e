PRAGMA page_size = 512;
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, author_id INTEGER REFERENCES author(id), year INTEGER);
INSERT INTO author VALUES (1, 'Ada'), (2, 'Grace');
INSERT INTO book VALUES (1, 'Notes', 1, 1843), (2, 'Compilers', 2, 1952), (3, 'Flow-Matic', 2, 1955);
