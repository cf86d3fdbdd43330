/** What makes a host the entry of the cluster: nginx, as a program of its supervisord. */

export const proxyFiles: Readonly<Record<string, string>> = {
  '/etc/supervisor/conf.d/nginx.conf': `[program:nginx]
command=nginx -c /etc/nginx/nginx.conf -g "daemon off;"
startsecs=0
autorestart=true
stopsignal=QUIT
`,
  '/etc/nginx/nginx.conf': `user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log notice;
events { worker_connections 1024; }
http {
  access_log off;
  upstream demo1 {
    least_conn;
    server 172.16.238.11:8088 weight=50 max_fails=5;
    server 172.16.238.12:8088 weight=50 max_fails=5;
    server 172.16.238.13:8088 weight=50 max_fails=5;
  }
  upstream supervisors {
    least_conn;
    server 172.16.238.11:9001;
    server 172.16.238.12:9001;
    server 172.16.238.13:9001;
  }
  server {
    listen 80 default_server;
    server_name demo.website1.com;
    location / {
      proxy_pass http://demo1;
      proxy_set_header Host $host;
      proxy_connect_timeout 2s;
    }
  }
  server {
    listen 80;
    server_name svadm.website1.com;
    location / { proxy_pass http://supervisors; proxy_set_header Host $host; }
  }
}
`,
};
