update sessions set number = default where number is null;
update grants set number = default where number is null;
