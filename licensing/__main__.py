from licensing.command import main

raise SystemExit(main())
